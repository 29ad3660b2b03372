import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request that a listener received. */
export type Call = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Milliseconds of a monotonic clock. */
  readonly startedAt: number
}
