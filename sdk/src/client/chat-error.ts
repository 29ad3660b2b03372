/** Why a chat failed. `message` is a text for the reader. */
export class ChatError extends Error {
  override readonly name: string = 'ChatError'
  /**
   * The gateway's word, such as `RateLimitExceeded`, or one of ours: `no_gateway`, `offline`,
   * `aborted`, `cut_off`, `bad_answer`.
   */
  declare readonly code: string
  /** The HTTP status; 0 without an answer. */
  declare readonly status: number
  /** Seconds to wait; null if the gateway named none. */
  declare readonly retryAfter: number | null

  constructor(code: string, message: string, status = 0, retryAfter: number | null = null) {
    super(message)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** Returns the error of an answer, whatever its body is. */
export async function readError(answer: Response): Promise<ChatError> {
  const { status } = answer
  const body: unknown = await answer.json().catch(() => null)
  const { error, message } = Object(body) as Readonly<Record<string, unknown>>
  return new ChatError(
    String(error ?? 'bad_answer'),
    String(message ?? `The chat answered with ${status}.`),
    status,
    Number(answer.headers.get('retry-after')) || null,
  )
}

/** Returns a ChatError for whatever was thrown on the way. */
export function toChatError(error: unknown, signal?: AbortSignal): ChatError {
  if (error instanceof ChatError) return error
  if (signal?.aborted) return new ChatError('aborted', 'Stopped.')
  if (error instanceof SyntaxError)
    return new ChatError('bad_answer', 'The answer is not readable.')
  return new ChatError('offline', 'The chat cannot be reached. Check your connection.')
}
