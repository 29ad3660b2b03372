import type { Detail } from './detail.ts'
import type { Reason } from './reason.ts'

/** Why content is refused while it passes, and the detail for the refusal. */
export type Refused = { readonly reason: Reason; readonly detail: Detail | null }

/** Ends the stream of a body that was refused while it passed. */
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
