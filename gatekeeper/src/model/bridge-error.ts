import { type Reason, type ReasonRow, reasonRow } from './reason.ts'

/** What `error` can be in an answer of the dialect `bridge`. */
type BridgeError =
  | 'Validation Error'
  | 'Invalid API'
  | 'Invalid endpoint'
  | 'Authentication required'
  | 'Invalid token'
  | 'Token Revoked'
  | 'Invalid split key'
  | 'Forbidden'
  | 'Not Found'
  | 'Conflict'
  | 'Payload Too Large'
  | 'Too Many Requests'
  | 'Quota Exceeded'
  | 'Upstream Error'
  | 'Service Not Available'
  | 'Upstream Timeout'

const usual: Readonly<Record<ReasonRow['status'], BridgeError>> = {
  400: 'Validation Error',
  401: 'Invalid token',
  402: 'Service Not Available',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Validation Error',
  426: 'Validation Error',
  429: 'Too Many Requests',
  502: 'Upstream Error',
  503: 'Service Not Available',
  504: 'Upstream Timeout',
}

const rare: Readonly<Partial<Record<Reason, BridgeError>>> = {
  'unknown-api': 'Invalid API',
  'endpoint-malformed': 'Invalid endpoint',
  'no-credential': 'Authentication required',
  'token-revoked': 'Token Revoked',
  'split-key-refused': 'Invalid split key',
  'quota-exceeded': 'Quota Exceeded',
}

/** Returns what `error` is in the dialect `bridge`: the only mapping of reasons to these words. */
export function bridgeErrorOf(reason: Reason): BridgeError {
  return rare[reason] ?? usual[reasonRow(reason).status]
}

/** The same for the answer of a provider. A refusal is the provider's, not the caller's fault. */
export function bridgeErrorOfStatus(status: number): BridgeError {
  return status === 429 || status === 503 || status === 504 ? usual[status] : 'Upstream Error'
}
