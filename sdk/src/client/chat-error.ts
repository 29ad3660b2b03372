/** Why a chat failed. `code` is a word of the gateway, or one of ours for what happens before it. */
export class ChatError extends Error {
  override readonly name: string = 'ChatError'
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number
  /**
   * `RateLimitExceeded` and the like from the gateway; here `no_gateway`, `offline`, `aborted`,
   * `cut_off`, `bad_answer`.
   */
  readonly code: string
  /** Seconds to wait; null if the gateway named none. */
  readonly retryAfter: number | null

  constructor(code: string, message: string, status = 0, retryAfter: number | null = null) {
    super(message)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** Reads the error of an answer, whatever its body is. */
export async function readError(answer: Response): Promise<ChatError> {
  const body: unknown = await answer.json().catch(() => null)
  const { error, message } = (body ?? {}) as Readonly<Record<string, unknown>>
  const code = typeof error === 'string' ? error : 'bad_answer'
  const said = typeof message === 'string' ? message : `The chat answered with ${answer.status}.`
  const wait = Number.parseInt(answer.headers.get('retry-after') ?? '', 10)
  return new ChatError(code, said, answer.status, Number.isNaN(wait) ? null : wait)
}

/** An error of the network or of an abort as ours; ours stay. */
export function toChatError(error: unknown, signal?: AbortSignal): ChatError {
  if (error instanceof ChatError) return error
  if (signal?.aborted) return new ChatError('aborted', 'The answer was stopped.')
  return new ChatError('offline', 'The chat cannot be reached. Check the connection and try again.')
}
