import type { Reason } from './reason.ts'

/** Ends the stream of a body that was refused on its way. */
export class RefusedError extends Error {
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason)
    this.name = 'RefusedError'
    this.reason = reason
  }
}
