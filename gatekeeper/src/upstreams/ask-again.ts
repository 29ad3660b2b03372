/**
 * Streams in OpenAI's form report their usage only on request, and some upstreams refuse that
 * option. The client did not send it, so its request is sent once more without it if nothing was
 * answered yet: under the same reservation, and with one answer to the client.
 */
import type { Dispatcher } from 'undici'
import type { AnswerHandler } from './answer-handler.ts'
import type { AnswerFields } from './response-fields.ts'
import { questionRefusals, type UsageQuestion, type UsageQuestions } from './usage-questions.ts'

type Controller = Dispatcher.DispatchController

/** How often, and with which bodies, one request is sent. */
export type Sending = {
  readonly first: Buffer | null
  /** The body of a second attempt; null if there is none. */
  readonly second: (() => Buffer) | null
  /** Returns whether the last body that was sent requests the usage for us. */
  readonly asks: () => boolean
  /** Called with the status that the client gets. */
  readonly note: (status: number) => void
}

/** Plans how a body is sent to a service, from what is known about the service. */
export function planSending(
  service: string,
  { bytes, question }: { bytes: Buffer | null; question: UsageQuestion | null },
  questions: UsageQuestions,
): Sending {
  if (question === null) return { first: bytes, second: null, asks: () => true, note: () => {} }
  const { model, bytesWithout } = question
  const known = questions.of(service, model)
  if (known === 'refused') {
    return { first: bytesWithout(), second: null, asks: () => false, note: () => {} }
  }
  let isFirst = true
  const second = () => {
    isFirst = false
    return bytesWithout()
  }
  const note = (status: number) => {
    if (status >= 300) return
    if (isFirst) questions.took(service, model)
    else questions.refused(service, model)
  }
  return { first: bytes, second: known === 'taken' ? null : second, asks: () => isFirst, note }
}

/**
 * Wraps the handler of an answer for the first attempt. A refusal is discarded unread, with its
 * connection; everything else is passed on. The wrapped handler sees the answer of one attempt
 * only, so that its client, its time limits and its record are those of one request.
 */
export class FirstAttempt implements Dispatcher.DispatchHandler {
  readonly #answer: AnswerHandler
  readonly #askAgain: () => void
  #isRefused = false

  constructor(answer: AnswerHandler, askAgain: () => void) {
    this.#answer = answer
    this.#askAgain = askAgain
  }

  onRequestStart(controller: Controller): void {
    this.#answer.onRequestStart(controller)
  }

  onResponseStart(controller: Controller, status: number, fields: AnswerFields): void {
    if (!questionRefusals.includes(status) || !this.#answer.isWaiting()) {
      return this.#answer.onResponseStart(controller, status, fields)
    }
    this.#isRefused = true
    controller.abort(new Error("the upstream refused the gatekeeper's request"))
    // Not from within the connection that was just given up.
    setImmediate(() => {
      if (this.#answer.isWaiting()) this.#askAgain()
    })
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#isRefused) this.#answer.onResponseData(controller, chunk)
  }

  onResponseEnd(controller: Controller, trailers: AnswerFields): void {
    if (!this.#isRefused) this.#answer.onResponseEnd(controller, trailers)
  }

  onResponseError(controller: Controller, error: Error): void {
    if (!this.#isRefused) this.#answer.onResponseError(controller, error)
  }
}
