import type { ClientOptions } from './create-client.ts'

/** What a gateway may ask of a page before it makes a token. */
type Challenge =
  | { readonly kind: 'none' }
  | { readonly kind: 'proof-of-work'; readonly challenge: string; readonly bits: number }
  | { readonly kind: 'siteverify'; readonly siteKey: string }

/** Digests that are under way at once: one by one would take several times as long. */
const batch = 500

/**
 * Returns what a request for a token must show besides; null if the gateway asks for nothing, or for
 * something that the page has to solve and cannot.
 */
export async function solveChallenge(
  gateway: string,
  { fetch = globalThis.fetch, solve }: ClientOptions,
): Promise<object | null> {
  const answer = await fetch(`${gateway}/widget/api/challenge`, {
    credentials: 'omit',
    cache: 'no-store',
  })
  const asked: Challenge = answer.ok ? await answer.json() : { kind: 'none' }
  if (asked.kind === 'siteverify' && solve) return { solution: await solve(asked.siteKey) }
  if (asked.kind !== 'proof-of-work') return null
  const { challenge, bits } = asked
  for (let from = 0; ; from += batch) {
    const tried = Array.from({ length: batch }, (_, at) => String(from + at))
    const zeros = await Promise.all(tried.map((text) => countZeros(`${challenge}:${text}`)))
    const found = zeros.findIndex((count) => count >= bits)
    if (found >= 0) return { challenge, solution: tried[found] }
  }
}

/** Returns the number of zero bits that the SHA-256 of a text begins with, up to 32. */
async function countZeros(text: string): Promise<number> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Math.clz32(new DataView(digest).getUint32(0))
}
