import { readError } from './chat-error.ts'

export type Tokens = {
  /** Returns a valid token. Callers at the same time share one request for it. */
  get: () => Promise<string>
  /** Forgets a token that the gateway refused. */
  drop: (token: string) => void
}

const earlyMs = 300_000

/**
 * Keeps a token of the gateway and renews it five minutes before its end; a token of less than
 * fifteen minutes after two thirds of its time. `now` returns milliseconds that never go back.
 */
export function createTokens(request: () => Promise<Response>, now: () => number): Tokens {
  let held: { token: string; renewAt: number } | null = null
  let pending: Promise<string> | null = null
  const renew = async () => {
    const answer = await request()
    if (!answer.ok) throw await readError(answer)
    const { token, expiresIn } = (await answer.json()) as { token: string; expiresIn: string }
    const lifetimeMs = readDuration(String(expiresIn))
    held = { token, renewAt: now() + lifetimeMs - Math.min(earlyMs, lifetimeMs / 3) }
    return token
  }
  return {
    get: async () => {
      if (held && now() < held.renewAt) return held.token
      pending ??= renew().finally(() => {
        pending = null
      })
      return pending
    },
    drop: (token) => {
      if (held?.token === token) held = null
    },
  }
}

/** Returns `15m`, `90s` or `1h` in milliseconds; a minute for anything that is not a number. */
function readDuration(text: string): number {
  const unitMs = { s: 1_000, h: 3_600_000 }[text.slice(-1)] ?? 60_000
  return Number.parseInt(text, 10) * unitMs || 60_000
}
