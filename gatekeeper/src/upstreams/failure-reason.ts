import { isCertificateFault } from '../lib/net/certificate-fault.ts'
import type { Reason } from '../model/reason.ts'
import { RefusedError } from '../model/refused-error.ts'

const unreachableCodes = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'],
])
const timeoutCodes = new Set([
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'],
])

/** Returns why an upstream gave no answer, from undici's error. */
export function reasonOf(error: Error): Reason {
  // The body was refused while it passed: the sent part never becomes a complete request.
  if (error instanceof RefusedError) return error.reason
  const { code = '' } = error as NodeJS.ErrnoException
  if (unreachableCodes.has(code)) return 'upstream-unreachable'
  if (isCertificateFault(code)) return 'upstream-untrusted'
  return timeoutCodes.has(code) ? 'upstream-timeout' : 'upstream-failed'
}
