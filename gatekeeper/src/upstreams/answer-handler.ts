/**
 * Carries one answer from undici to the client. `#finish` is the only exit. The end of a complete
 * answer is kept back until `send`, which is called when the request is settled.
 */
import { performance } from 'node:perf_hooks'
import type { Dispatcher } from 'undici'
import type { ByteTransform } from '../lib/byte-transform.ts'
import type { Outcome } from '../model/admission.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'
import { RefusedError } from '../model/refused-error.ts'
import { noUsage } from '../model/usage.ts'
import { type ChangeAnswer, noChange } from './change-answer.ts'
import { ClientAnswer } from './client-answer.ts'
import type { Exchange, Forwarded, LastWords } from './exchange.ts'
import { reasonOf } from './failure-reason.ts'
import type { HeldTransform } from './held-transform.ts'
import type { Sent } from './place-below.ts'
import { refusalStatuses } from './refusal-cause.ts'
import type { AnswerFields } from './response-fields.ts'
import { changedFields, clientFields } from './response-fields.ts'
import { UnreadableAnswer } from './unreadable-answer.ts'

/** The context of one answer. */
export type AnswerJob = {
  readonly exchange: Exchange
  /** Where the request was sent, for addresses in the answer. */
  readonly sent: Sent
  /** Tells which fields of the answer the client may see. Usual: all but the removed ones. */
  readonly isPassing?: (name: string) => boolean
  /** Whether a redirect is a fault: the key of an account must not follow it, nor the client. */
  readonly refusesRedirects: boolean
  /** The transforms of the answer, chosen when its head arrives. */
  readonly change: ChangeAnswer
  /** Finds the cause of a refusal (401, 403, 407) by the upstream. Never rejects. */
  readonly causeOf: (status: number) => Promise<Reason>
  /** The longest duration of request and answer together; null is unlimited. */
  readonly durationMsMax: number | null
  /** Returns whether the credential of the request is still valid; called for each chunk. */
  readonly isStanding: () => boolean
  /** Returns the end of an answer that is cut for this reason; left out if there is none. */
  readonly lastWords?: (reason: Reason) => Buffer
}

type Why = {
  readonly reason: Reason | null
  readonly cause?: string
  readonly detail?: Detail | null
}
type Controller = Dispatcher.DispatchController

/**
 * How long the last event of a stream waits for the stream's end, which some upstreams do not send.
 */
const endMsMax = 2_000

const isRedirect = (status: number) => status >= 300 && status < 400 && status !== 304

/**
 * An undici handler that calls `done` exactly once; a failure of the dispatch can be passed to it.
 */
export class AnswerHandler implements Dispatcher.DispatchHandler, LastWords {
  readonly #job: AnswerJob
  readonly #done: (result: Forwarded) => void
  readonly #client: ClientAnswer
  readonly #timers: NodeJS.Timeout[] = []
  #controller: Controller | null = null
  #content: ByteTransform | HeldTransform = noChange
  #status = 0
  #hasTrailers = false
  #trailers: AnswerFields | null = null
  #isSent = false
  #isDone = false
  #isRefused = false
  #isEnding = false
  readonly #sentAt = performance.now()
  #firstByteMs: number | null = null

  constructor(job: AnswerJob, done: (result: Forwarded) => void) {
    const { response } = job.exchange
    this.#job = job
    this.#done = done
    this.#client = new ClientAnswer(response)
    response.on('close', this.#onClose)
    response.on('drain', this.#onDrain)
    if (job.durationMsMax !== null) this.#after(job.durationMsMax, () => this.#endTooLong())
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    this.#isSent = true
    if (this.#isDone) controller.abort(new Error('the client disconnected'))
  }

  onResponseStart(_controller: Controller, status: number, fields: AnswerFields): void {
    if (status < 200 || this.#isDone) return
    if (refusalStatuses.includes(status)) return this.#endRefused(status)
    if (this.#job.refusesRedirects && isRedirect(status)) return this.#endRedirected()
    if (!this.#stands()) return
    const { reader, answer } = this.#job.exchange
    reader?.begin(status, fields)
    this.#content = this.#job.change(status, fields) ?? noChange
    this.#status = status
    this.#hasTrailers = fields['trailer'] !== undefined
    const isChanged = this.#content !== noChange
    this.#client.begin({
      status,
      fields: { ...this.#fieldsOf(isChanged ? changedFields(fields) : fields), ...answer },
      bytes: this.#lengthOf(status, isChanged ? undefined : fields['content-length']),
      isEager: !('isHeld' in this.#content),
    })
  }

  /**
   * The client's own credential is valid: the upstream rejected ours, or its provider refused. The
   * upstream's answer is not read, and the cause is found before the client gets an answer.
   */
  #endRefused(status: number): void {
    this.#isRefused = true
    this.#stop('the upstream refused a credential')
    void this.#job.causeOf(status).then((reason) => this.#finish('failed', status, { reason }))
  }

  #endRedirected(): void {
    this.#cut('upstream-failed', 'REDIRECTED')
    this.#stop('a provider does not redirect')
  }

  #fieldsOf(fields: AnswerFields): Record<string, string | string[]> {
    const own = 'fields' in this.#content ? this.#content.fields : undefined
    return own === undefined
      ? clientFields(fields, this.#job.sent, this.#job.isPassing)
      : { ...own }
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isDone || this.#isRefused || !this.#stands()) return
    this.#firstByteMs ??= performance.now() - this.#sentAt
    this.#job.exchange.reader?.read(chunk)
    const changed = this.#content === noChange ? chunk : this.#change(chunk)
    if (changed !== null) this.#pass(changed)
  }

  onResponseEnd(_controller: Controller, trailers: AnswerFields): void {
    if (this.#isDone || this.#isRefused || !this.#stands()) return
    const rest = this.#content === noChange ? null : this.#change(null)
    if (this.#isDone) return
    if (rest !== null) this.#pass(rest)
    this.#complete(trailers)
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.fail(error)
  }

  fail(error: Error): void {
    // After our own refusal this is only the result of our abort, and the answer must not be cut.
    if (this.#isDone || this.#isRefused) return
    const cause = (error as NodeJS.ErrnoException).code ?? error.name
    const detail = error instanceof RefusedError ? error.detail : null
    this.#cut(reasonOf(error), cause, { detail })
  }

  /** Returns whether a client with a valid credential still waits for an answer or its rest. */
  isWaiting(): boolean {
    return !this.#isDone && this.#stands()
  }

  /** Ends the answer because the gatekeeper is stopping. */
  endStopping(): void {
    this.#cut('draining', 'STOPPING')
    this.#stop('the gatekeeper is stopping')
  }

  #onDrain = () => this.#controller?.resume()

  #onClose = () => {
    // The client disconnected: the upstream is stopped at once, or it would continue computing.
    this.#finish('aborted', this.#client.status() ?? 499, { reason: null })
    this.#stop('the client disconnected')
  }

  #endTooLong(): void {
    this.#cut('upstream-timeout', 'STREAM_SECONDS')
    this.#stop('the answer exceeded its time limit')
  }

  /**
   * Ends the answer if the credential was revoked in the meantime: nothing more is sent or
   * computed.
   */
  #stands(): boolean {
    if (this.#job.isStanding()) return true
    this.#cut('token-revoked', 'CREDENTIAL_REVOKED')
    this.#stop('the credential was revoked')
    return false
  }

  /** An answer without content is complete with its head. */
  #lengthOf(status: number, declared: string | string[] | undefined): number {
    if (this.#job.exchange.request.method === 'HEAD' || status === 204 || status === 304) return 0
    return declared === undefined ? Number.POSITIVE_INFINITY : Number(declared)
  }

  #pass(chunk: Buffer): void {
    const isEnding = this.#job.exchange.reader?.isEnding() ?? false
    if (!this.#client.pass(chunk, isEnding)) this.#controller?.pause()
    if (!isEnding || this.#isEnding) return
    this.#isEnding = true
    this.#after(endMsMax, () => this.#client.letGo())
  }

  /** Content that cannot be transformed is not forwarded. */
  #change(chunk: Buffer | null): Buffer | null {
    try {
      return chunk === null ? this.#content.end() : this.#content.push(chunk)
    } catch (error) {
      const lastWords = error instanceof UnreadableAnswer ? error.lastWords : null
      if (error instanceof RefusedError) this.#cut(error.reason, 'REFUSED', error)
      else this.#cut('upstream-unreadable', 'UNREADABLE', { lastWords })
      this.#stop('the answer is not forwarded')
      return null
    }
  }

  #finish(kind: Outcome['kind'], status: number, { reason, detail, ...cause }: Why): void {
    if (this.#isDone) return
    this.#isDone = true
    const { response, reader } = this.#job.exchange
    response.off('close', this.#onClose)
    response.off('drain', this.#onDrain)
    for (const timer of this.#timers) clearTimeout(timer)
    const firstByteMs = this.#firstByteMs
    const outcome = {
      ...{ status, kind, answerBytes: this.#client.bytes(), ...cause },
      ...(firstByteMs !== null && { firstByteMs }),
    }
    const usage = this.#isSent ? (reader?.used(outcome) ?? null) : noUsage
    const last = kind === 'answered' ? this : undefined
    this.#done({ outcome, reason, usage, detail: detail ?? undefined, last })
  }

  /** The answer is complete. */
  #complete(trailers: AnswerFields): void {
    // Node sends trailers only if they were announced.
    if (this.#hasTrailers) this.#trailers = trailers
    this.#finish('answered', this.#status, { reason: null })
  }

  send(): void {
    const { response } = this.#job.exchange
    const { isPassing } = this.#job
    const trailers = this.#trailers && clientFields(this.#trailers, null, isPassing)
    try {
      if (!response.destroyed) this.#client.end(trailers as Record<string, string> | null)
    } catch {
      // Fields that Node rejects.
      response.destroy()
    }
  }

  cut(): boolean {
    return this.#client.cut()
  }

  /** Cuts what was already sent; if nothing was sent, the reason is the answer. */
  #cut(
    reason: Reason,
    cause: string,
    { lastWords = null, detail = null }: { lastWords?: Buffer | null; detail?: Detail | null } = {},
  ): void {
    const status = this.#client.status()
    this.#finish('failed', status ?? 0, {
      reason: status === null ? reason : null,
      cause,
      detail,
    })
    this.#client.cut(lastWords ?? this.#job.lastWords?.(reason))
  }

  #after(delayMs: number, run: () => void): void {
    this.#timers.push(setTimeout(run, delayMs))
  }

  #stop(why: string): void {
    this.#controller?.abort(new Error(why))
  }
}
