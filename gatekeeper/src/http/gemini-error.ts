/**
 * Errors in Google's form (google.rpc.Status), which Gemini's clients read: the status by its name
 * and number, and details that say whether to wait, and how long.
 */
import type { Refusal } from '../model/admission.ts'
import type { Standing } from '../model/limit.ts'
import { googleStatuses, type ReasonRow } from '../model/reason.ts'
import type { Retry } from './limit-fields.ts'

/** What is known of the refusal beside its row. */
export type GeminiError = {
  readonly row: ReasonRow
  readonly text: string
  readonly retry: Retry
  readonly refusal: Refusal | null
  readonly requestId: string
}

const type = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` })

/** The body of a refusal. */
export function geminiError({ row, text, retry, refusal, requestId }: GeminiError): object {
  const limit = refusal?.limit ?? null
  const details = [
    { ...type('ErrorInfo'), reason: row.code.toUpperCase(), domain: 'gatekeeper' },
    { ...type('RequestInfo'), requestId },
    ...(limit === null ? [] : [quotaFailure(limit, { text, retry })]),
    ...(isWorthWaiting(retry) ? [{ ...type('RetryInfo'), retryDelay: delayOf(retry) }] : []),
  ]
  return { error: { code: row.status, message: text, status: googleStatuses[row.status], details } }
}

/** Gemini's command line stops by itself when it is told to wait for longer. */
const waitMsMax = 300_000

/**
 * An id with `PerDay` is what makes it stop, and it then shows a text of its own: so only where no
 * long wait says the same.
 */
function quotaFailure(limit: Standing, { text, retry }: { text: string; retry: Retry }): object {
  const isStopping = retry.isFinal && !isWorthWaiting(retry)
  const violation = {
    subject: limit.scope,
    description: text,
    quotaId: isStopping ? `${limit.text} PerDay` : limit.text,
    quotaValue: String(limit.amount),
  }
  return { ...type('QuotaFailure'), violations: [violation] }
}

/** Final refusals have a delay only if it is so long that the client gives up. */
function isWorthWaiting({ waitMs, isFinal }: Retry): boolean {
  return waitMs > 0 && (!isFinal || waitMs > waitMsMax)
}

const delayOf = ({ waitMs }: Retry) => `${Math.ceil(waitMs / 1000)}s`
