import type { Dispatcher } from 'undici'
import type { AnswerFields } from './response-fields.ts'

/** Why there is no answer. */
export class CollectError extends Error {
  override readonly name = 'CollectError'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** A whole answer, as text in UTF-8. */
export type CollectedAnswer = { readonly status: number; readonly text: string }

export type CollectBounds = {
  /** Until the whole answer is there. */
  readonly timeoutMs: number
  readonly bytesMax: number
  /** Returns the code of the error for a head that is not accepted; null for one that is. */
  readonly judgeHead: (status: number, fields: AnswerFields) => string | null
}

/**
 * Sends one request and collects its answer. Rejects with an error whose `code` says why there is
 * none.
 *
 * Uses `dispatch`, as `forward` does, and not undici's `request`: its body is a stream, and a
 * destroyed stream emits an error. An error without a listener ends the process.
 */
export function collectAnswer(
  agent: Dispatcher,
  options: Dispatcher.DispatchOptions,
  bounds: CollectBounds,
): Promise<CollectedAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new CollectHandler({ resolve, reject }, bounds)
    try {
      agent.dispatch(options, handler)
    } catch (error) {
      // undici throws synchronously for a request that it considers invalid.
      handler.onResponseError(null, error as Error)
    }
  })
}

type Controller = Dispatcher.DispatchController
type Settle = {
  readonly resolve: (answer: CollectedAnswer) => void
  readonly reject: (error: Error) => void
}

/** Collects one answer. The first end counts; later ones are ignored. */
class CollectHandler implements Dispatcher.DispatchHandler {
  readonly #settle: Settle
  readonly #bounds: CollectBounds
  readonly #timer: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  #controller: Controller | null = null
  #status = 0
  #length = 0
  #isDone = false

  constructor(settle: Settle, bounds: CollectBounds) {
    this.#settle = settle
    this.#bounds = bounds
    this.#timer = setTimeout(() => this.#fail(new CollectError('TIMEOUT')), bounds.timeoutMs)
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#isDone) controller.abort(new Error('it took too long'))
  }

  onResponseStart(_controller: Controller, status: number, fields: AnswerFields): void {
    // Informational answers come before the final one (RFC 9110 §15.2).
    if (status >= 100 && status < 200) return
    this.#status = status
    const code = this.#bounds.judgeHead(status, fields)
    if (code !== null) this.#fail(new CollectError(code))
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isDone) return
    this.#length += chunk.length
    if (this.#length > this.#bounds.bytesMax) return this.#fail(new CollectError('TOO_LARGE'))
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (!this.#finish()) return
    const text = Buffer.concat(this.#chunks, this.#length).toString('utf8')
    this.#settle.resolve({ status: this.#status, text })
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.#finish()) this.#settle.reject(error)
  }

  #fail(error: CollectError): void {
    if (!this.#finish()) return
    this.#settle.reject(error)
    // The rest of the answer is not read: its connection is closed.
    this.#controller?.abort(error)
  }

  /** Returns false if it has already ended. */
  #finish(): boolean {
    if (this.#isDone) return false
    this.#isDone = true
    clearTimeout(this.#timer)
    return true
  }
}
