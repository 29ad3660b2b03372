import type { Detail } from './detail.ts'
import type { Reason } from './reason.ts'

/** Why something is refused on its way, and what the refusal names. */
export type Refused = { readonly reason: Reason; readonly detail: Detail | null }

/** Ends the stream of a body that was refused on its way. */
export class RefusedError extends Error {
  readonly reason: Reason
  readonly detail: Detail | null

  constructor(reason: Reason, detail: Detail | null = null) {
    super(reason)
    this.name = 'RefusedError'
    this.reason = reason
    this.detail = detail
  }
}
