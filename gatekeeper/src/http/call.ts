import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request at a listener. */
export type Call = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** By a clock that nobody sets, in milliseconds. */
  readonly startedAt: number
}
