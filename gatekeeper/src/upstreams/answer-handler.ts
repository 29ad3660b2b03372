/**
 * One answer, from undici to the client. Whatever ends it, `#finish` is the one way out: there it is
 * settled, once.
 */
import { performance } from 'node:perf_hooks'
import type { Dispatcher } from 'undici'
import type { ByteTransform } from '../lib/byte-transform.ts'
import type { Outcome } from '../model/admission.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'
import { RefusedError } from '../model/refused-error.ts'
import { noUsage, type Usage } from '../model/usage.ts'
import { type ChangeAnswer, noChange } from './change-answer.ts'
import { ClientAnswer } from './client-answer.ts'
import type { Exchange, Forwarded } from './exchange.ts'
import { reasonOf } from './failure-reason.ts'
import type { HeldTransform } from './held-transform.ts'
import type { Sent } from './place-below.ts'
import { refusalStatuses } from './refusal-cause.ts'
import type { AnswerFields } from './response-fields.ts'
import { changedFields, clientFields } from './response-fields.ts'
import { settleWithin } from './settle-within.ts'
import { UnreadableAnswer } from './unreadable-answer.ts'

/** What is to be done with one answer, apart from carrying it. */
export type AnswerJob = {
  readonly exchange: Exchange
  /** Where the request went, for what the answer says of places. */
  readonly sent: Sent
  /** What the answer goes through, once its head is there. */
  readonly change: ChangeAnswer
  /** Whom a refusal (401, 403, 407) of the upstream is about. Never rejects. */
  readonly causeOf: (status: number) => Promise<Reason>
  /** How long request and answer may take together; null is without end. */
  readonly durationMsMax: number | null
  /** Whether the credential of the request still holds good; asked for each piece. */
  readonly isStanding: () => boolean
  /** Puts the end on record; see `Reservation`. Whoever gets the whole answer waits for it. */
  readonly settle: (outcome: Outcome, usage: Usage | null) => Promise<void>
  /** How long the end of an answer waits for its record, before it is cut. */
  readonly settleMsMax: number
}

type Why = {
  readonly reason: Reason | null
  readonly cause?: string
  readonly detail?: Detail | null
}
type Controller = Dispatcher.DispatchController

/** How long the last event of a stream waits for the stream's end, which not every upstream sends. */
const endMsMax = 2_000

/** An undici handler that calls `done` exactly once, and can be told of a failure of the dispatch. */
export class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #job: AnswerJob
  readonly #done: (result: Forwarded) => void
  readonly #client: ClientAnswer
  readonly #timers: NodeJS.Timeout[] = []
  #controller: Controller | null = null
  #content: ByteTransform | HeldTransform = noChange
  #status = 0
  #hasTrailers = false
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
   * The client's own credential is good: the upstream refused ours, or its provider refused. Nothing
   * of its answer is read, and who refused is found out before the client is answered.
   */
  #endRefused(status: number): void {
    this.#isRefused = true
    this.#stop('the upstream refused a credential')
    void this.#job.causeOf(status).then((reason) => this.#breakOff('failed', status, { reason }))
  }

  #fieldsOf(fields: AnswerFields): Record<string, string | string[]> {
    const own = 'fields' in this.#content ? this.#content.fields : undefined
    return own === undefined ? clientFields(fields, this.#job.sent) : { ...own }
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
    // After our own refusal this is only the echo of our abort, and the answer is not to be cut.
    if (this.#isDone || this.#isRefused) return
    const cause = (error as NodeJS.ErrnoException).code ?? error.name
    const detail = error instanceof RefusedError ? error.detail : null
    this.#cut(reasonOf(error), cause, { detail })
  }

  /** Whether somebody whose credential still holds good waits for an answer, or for more of it. */
  isWaiting(): boolean {
    return !this.#isDone && this.#stands()
  }

  /** The gatekeeper stops, and this answer has had its time. */
  endStopping(): void {
    this.#cut('draining', 'STOPPING')
    this.#stop('the gatekeeper is stopping')
  }

  #onDrain = () => this.#controller?.resume()

  #onClose = () => {
    // The client left: the upstream stops at once, or it would go on computing for nobody.
    this.#breakOff('aborted', this.#client.status() ?? 499)
    this.#stop('the client disconnected')
  }

  #endTooLong(): void {
    this.#cut('upstream-timeout', 'STREAM_SECONDS')
    this.#stop('the answer exceeded its time limit')
  }

  /** Nothing goes out any more for a credential that was revoked meanwhile, nor is computed for it. */
  #stands(): boolean {
    if (this.#job.isStanding()) return true
    this.#cut('token-revoked', 'CREDENTIAL_REVOKED')
    this.#stop('the credential was revoked')
    return false
  }

  /** An answer without content is whole with its head. */
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

  /** What cannot be changed as it must be is not passed on at all. */
  #change(chunk: Buffer | null): Buffer | null {
    try {
      return chunk === null ? this.#content.end() : this.#content.push(chunk)
    } catch (error) {
      const lastWords = error instanceof UnreadableAnswer ? error.lastWords : null
      if (error instanceof RefusedError) this.#cut(error.reason, 'REFUSED')
      else this.#cut('upstream-unreadable', 'UNREADABLE', { lastWords })
      this.#stop('the answer is not forwarded')
      return null
    }
  }

  #finish(kind: Outcome['kind'], status: number, { reason, detail = null, ...cause }: Why) {
    if (this.#isDone) return null
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
    const settled = settleWithin(this.#job.settle(outcome, usage), this.#job.settleMsMax)
    return { settled, forwarded: { outcome, reason, usage, ...(detail !== null && { detail }) } }
  }

  /** The whole answer was there: its end goes out when it is on record. */
  #complete(trailers: AnswerFields): void {
    const { response } = this.#job.exchange
    const finished = this.#finish('answered', this.#status, { reason: null })
    if (finished === null) return
    const { settled, forwarded } = finished
    void settled.then((isSettled) => {
      if (!isSettled) return this.#done(this.#unrecorded(forwarded))
      // Node sends trailers where it was told of them only.
      const named = this.#hasTrailers ? (clientFields(trailers) as Record<string, string>) : null
      try {
        if (!response.destroyed) this.#client.end(named)
      } catch {
        // Fields that Node does not send.
        response.destroy()
      }
      this.#done(forwarded)
    })
  }

  #unrecorded({ outcome, usage }: Forwarded): Forwarded {
    const reason = this.#client.cut() ? null : 'ledger-unavailable'
    return { outcome: { ...outcome, kind: 'failed', cause: 'UNRECORDED' }, reason, usage }
  }

  /** Breaks off what is out already; where nothing is, the reason is to be answered. */
  #cut(
    reason: Reason,
    cause: string,
    { lastWords = null, detail = null }: { lastWords?: Buffer | null; detail?: Detail | null } = {},
  ): void {
    const status = this.#client.status()
    this.#breakOff('failed', status ?? 0, {
      reason: status === null ? reason : null,
      cause,
      detail,
    })
    this.#client.cut(lastWords)
  }

  #breakOff(kind: 'aborted' | 'failed', status: number, why: Why = { reason: null }): void {
    const finished = this.#finish(kind, status, why)
    if (finished) void finished.settled.then(() => this.#done(finished.forwarded))
  }

  #after(delayMs: number, run: () => void): void {
    this.#timers.push(setTimeout(run, delayMs))
  }

  #stop(why: string): void {
    this.#controller?.abort(new Error(why))
  }
}
