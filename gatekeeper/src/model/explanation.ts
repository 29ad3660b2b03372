/** A question about a hypothetical request, and its answer, as `explain/` gives it. */
import type { RequestFacts } from './facts.ts'
import type { Standing } from './limit.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'
import type { WrittenPlace } from './written-place.ts'

/** A hypothetical request. */
export type ExplainQuestion = {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly clientAddress: string
  readonly origin: string | null
  /** The model in its body; null if it names none. */
  readonly model: string | null
  /** The endpoint that its body names, at `/api/PROVIDER`. */
  readonly endpoint?: string | null | undefined
  readonly caller: ExplainCaller
}

/** The caller: nobody, the key or the client with an id, or the holder of a credential. */
export type ExplainCaller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'key' | 'client'; readonly id: string }
  | { readonly kind: 'credential'; readonly credential: string }

export type Explanation = {
  readonly request: {
    readonly method: string
    readonly path: string
    readonly point: RequestFacts['point']
    readonly service: string | null
    readonly route: string | null
    readonly endpoint: string | null
    readonly class: string | null
  }
  readonly caller: ExplainedCaller | null
  /** Every check in order; the reason is null if it allows, `not-asked` if it did not run. */
  readonly checks: readonly ExplainedCheck[]
  /** Every limit that applies, with its standing; `isCounted` is false without real counts. */
  readonly limits: readonly ExplainedLimit[]
  readonly isCounted: boolean
  readonly verdict: {
    readonly isAllowed: boolean
    readonly check: string | null
    readonly reason: Reason | null
    readonly status: number | null
    /** The text that the caller would receive. */
    readonly text: string | null
    /** The limit that refused. */
    readonly limit: string | null
  }
  /** Where the rules that decided are written. */
  readonly written: readonly WrittenPlace[]
}

/** What one check decides, and for which principal. */
export type ExplainedCheck = {
  readonly check: string
  /** What it reads. */
  readonly needs: 'head' | 'body'
  readonly reason: Reason | 'not-asked' | null
  /** Whose rights it checked: the caller's, or those of the principal that its token came from. */
  readonly principal: string | null
  /** Where the rule that refuses is written; empty if it allows, or if no file contains it. */
  readonly written: readonly WrittenPlace[]
}

/** A limit with its standing, and where it is written. */
export type ExplainedLimit = Standing & { readonly written: readonly WrittenPlace[] }

export type ExplainedCaller = Pick<
  Principal,
  'id' | 'kind' | 'user' | 'role' | 'services' | 'models'
> & {
  /** The person who made the credential, `person:ID`; null if nobody did. */
  readonly madeBy: { readonly id: string; readonly name: string } | null
}
