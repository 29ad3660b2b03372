/**
 * Makes a refusal concrete for its caller: the sentence that names the member, the field or the
 * amount, and the name itself for dialects with a place for it (`error.param`). It is public: it
 * never contains a value that may be a credential.
 */
export type Detail = {
  readonly text: string
  readonly param: string | null
  /** Further members of the body in the dialect `bridge`. */
  readonly members?: BridgeMembers
  /** When to try again, if that is known and no limit says it. */
  readonly retryAfterSeconds?: number
}

/** What an error of the dialect `bridge` may have beside `error` and `message`. */
export type BridgeMembers = {
  /** The members that the body of a request needs. */
  readonly required?: readonly string[]
  readonly details?: readonly { readonly path: string; readonly message: string }[]
  readonly availableApis?: readonly string[]
  readonly endpoint?: string
  readonly api?: string
  readonly ip?: string
  readonly quotaInfo?: QuotaInfo
  /** RFC 3339. */
  readonly resetAt?: string
  readonly attemptsRemaining?: number
}

/** The quotas of a user, in requests; null is no limit. */
export type QuotaInfo = {
  readonly dailyQuota: number | null
  readonly dailyUsed: number
  readonly monthlyQuota: number | null
  readonly monthlyUsed: number
}
