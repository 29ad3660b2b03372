import { readError } from './chat-error.ts'

/** Milliseconds of a clock that nobody sets: a computer's date may be wrong. */
export type Clock = () => number

export type Tokens = {
  /** Returns a valid token; one request at a time gets it. */
  get: () => Promise<string>
  /** Forgets a token that the gateway refused. */
  drop: (token: string) => void
}

const earlyMs = 300_000

/** Gets short tokens for the origin of this page, and renews them five minutes before their end. */
export function createTokens(request: (path: string) => Promise<Response>, now: Clock): Tokens {
  let held: { token: string; renewAt: number } | null = null
  let pending: Promise<string> | null = null
  const renew = async () => {
    const answer = await request('/widget/api/tokens')
    if (!answer.ok) throw await readError(answer)
    const { token, expiresIn } = (await answer.json()) as { token: string; expiresIn: string }
    const lifetimeMs = readDuration(expiresIn)
    // A token that lives shorter is renewed after two thirds of its time.
    const early = Math.min(earlyMs, lifetimeMs / 3)
    held = { token, renewAt: now() + lifetimeMs - early }
    return token
  }
  return {
    get: () => {
      if (held !== null && now() < held.renewAt) return Promise.resolve(held.token)
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

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** `15m`, `90s` in milliseconds; anything else is a minute. */
function readDuration(text: unknown): number {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(String(text)) ?? []
  return Number(count ?? 60) * (unitMs[unit] ?? 1_000)
}
