/** What people see of a request in the queue; nothing of its content. */
export type QueuedRequest = {
  readonly user: string
  /** The principal's id; of an exchanged token, the one from which it was made. */
  readonly principal: string
  readonly model: string | null
}

/** A request in the queue, and how long it has been running or waiting. */
export type Queued = QueuedRequest & { readonly sinceMs: number }
