import { readError } from './chat-error.ts'
import type { Tokens } from './tokens.ts'

/** How often a refused request is sent again, and the longest wait for it. */
const repeatsMax = 2
const waitSecondsMax = 5

/**
 * Sends a request again after a 401 with a new token, once; and after a refusal that names a short
 * wait. It never repeats a request without an answer, because that could be paid for twice.
 */
export async function sendWithCare(
  send: (token: string) => Promise<Response>,
  tokens: Tokens,
  signal: AbortSignal | undefined,
): Promise<Response> {
  // What was waited for goes on, because other callers may share it.
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
  let isRenewed = false
  for (let repeats = 0; ; ) {
    const token = await Promise.race([tokens.get(), aborted])
    const answer = await send(token)
    if (answer.ok) return answer
    const error = await readError(answer)
    const { status, retryAfter } = error
    if (status === 401 && !isRenewed) {
      isRenewed = true
      tokens.drop(token)
    } else if (retryAfter === null || retryAfter > waitSecondsMax || repeats++ === repeatsMax) {
      throw error
    } else {
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, retryAfter * 1_000)),
        aborted,
      ])
    }
  }
}
