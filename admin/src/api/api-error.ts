/** A place in a request that is not valid. */
export type InvalidMember = { readonly path: string; readonly message: string }

/** Stable words of the admin API's errors, and their statuses. */
export const apiReasons = {
  invalid: 400,
  no_session: 401,
  sign_in_failed: 401,
  not_from_front: 403,
  not_same_origin: 403,
  role: 403,
  step_up_required: 403,
  recent_sign_in_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  exists: 409,
  conflict: 409,
  changed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  wrong_host: 421,
  precondition_required: 428,
  too_many: 429,
  fields_too_large: 431,
  fault: 500,
  unrecorded: 503,
  unavailable: 503,
} as const
export type ApiReason = keyof typeof apiReasons

type Details = {
  readonly problems?: readonly InvalidMember[]
  /** For `step_up_required`: the act to prove. */
  readonly act?: string
  /** For `method_not_allowed`: the methods of the path. */
  readonly allow?: readonly string[]
  /** For `too_many`: when to try again. */
  readonly retryAfterSeconds?: number
}

/** Thrown where a call is refused; answered as RFC 9457. The message is for the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly reason: ApiReason
  readonly details: Details

  constructor(reason: ApiReason, message: string, details: Details = {}) {
    super(message)
    this.reason = reason
    this.details = details
  }
}
