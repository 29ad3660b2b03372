/**
 * Errors in Google's form (google.rpc.Status), which Gemini's clients read: name and number of the
 * status, and details that say whether and how long to wait.
 */
import type { Refusal } from '../model/admission.ts'
import type { Standing } from '../model/limit.ts'
import { googleStatuses, type ReasonRow } from '../model/reason.ts'
import type { Retry } from './limit-fields.ts'

/** What is known about the refusal. */
export type GeminiError = {
  readonly row: ReasonRow
  readonly text: string
  readonly retry: Retry
  readonly refusal: Refusal | null
  readonly requestId: string
}

const type = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` })

/** Returns the body of a refusal. */
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

/** Gemini's command line gives up if it would have to wait longer. */
const waitMsMax = 300_000

/**
 * Returns the quota details. An id that contains `PerDay` makes the command line give up and show
 * its own text instead of ours, so it is used only if no long delay has the same effect.
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

/** Whether the answer names a delay; a final refusal names only one that stops the client. */
function isWorthWaiting({ waitMs, isFinal }: Retry): boolean {
  return waitMs > 0 && (!isFinal || waitMs > waitMsMax)
}

const delayOf = ({ waitMs }: Retry) => `${Math.ceil(waitMs / 1000)}s`
