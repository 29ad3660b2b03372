import { parseJson } from '../../lib/json/parse-json.ts'
import type { Outcome } from '../../model/admission.ts'
import type { Reason } from '../../model/reason.ts'

/** The end of the answer to one checked request, as Caddy reports it. */
export type Report = { readonly requestId: string; readonly end: End }

/** How an answer ended. `reason` is why the service did not answer; null if it did, even partly. */
export type End = { readonly outcome: Outcome; readonly reason: Reason | null }

/** Reasons by the words that `(service_errors)` in the generated blocks reports. */
const reasonOf: Readonly<Record<string, Reason>> = {
  timeout: 'upstream-timeout',
  unreachable: 'upstream-unreachable',
  untrusted: 'upstream-untrusted',
  failed: 'upstream-failed',
}

/** Caddy's status for a client that left before the answer. */
const clientLeft = 499

/** Reads one line of Caddy's report log; returns null if it is not a report. */
export function readReport(line: string): Report | null {
  const value = parseJson(line)
  if (typeof value !== 'object' || value === null) return null
  const { uuid, status, size, ended, cause, fault } = value as Readonly<Record<string, unknown>>
  if (typeof uuid !== 'string' || !isCount(status) || !isCount(size)) return null
  const answer = { status, answerBytes: size }
  const isWhole = ended === 'yes' && status !== 0 && status !== clientLeft
  return { requestId: uuid, end: endOf(answer, { isWhole, cause, fault }) }
}

function endOf(
  answer: Pick<Outcome, 'status' | 'answerBytes'>,
  { isWhole, cause, fault }: { isWhole: boolean; cause: unknown; fault: unknown },
): End {
  const reason =
    typeof cause === 'string' && Object.hasOwn(reasonOf, cause) ? (reasonOf[cause] ?? null) : null
  if (reason === 'upstream-untrusted') {
    return { outcome: { ...answer, kind: 'failed', cause: certificateCode(fault) }, reason }
  }
  if (reason !== null) return { outcome: { ...answer, kind: 'failed' }, reason }
  // Caddy does not say whether the client or the service broke the answer off.
  return { outcome: { ...answer, kind: isWhole ? 'answered' : 'aborted' }, reason: null }
}

/** Returns Node's code for a certificate error of Go (crypto/x509): one name for one fault. */
function certificateCode(fault: unknown): string {
  const text = String(fault)
  if (text.includes('has expired or is not yet valid')) {
    return text.includes('is before') ? 'CERT_NOT_YET_VALID' : 'CERT_HAS_EXPIRED'
  }
  const isOtherName = /is valid for|not valid for any names|any IP SANs/.test(text)
  return isOtherName ? 'ERR_TLS_CERT_ALTNAME_INVALID' : 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0
