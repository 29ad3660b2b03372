export type Queued = {
  readonly user: string
  readonly key: string | null
  readonly principal: string
  readonly model: string | null
  readonly sinceMs: number
}

export type QueueOfService = {
  readonly name: string
  readonly slots: number
  /** Of everybody; the lists have what the person may see. */
  readonly runningCount: number
  readonly waitingCount: number
  readonly running: readonly Queued[]
  readonly waiting: readonly (Queued & { readonly position: number })[]
}

export type Queue = { readonly at: string; readonly services: readonly QueueOfService[] }

/** A row of the table: running ones first, then those that wait in their order. */
export type QueueRow = Queued & { readonly id: string; readonly position: number | null }

export function rowsOf({ running, waiting }: QueueOfService): readonly QueueRow[] {
  const runs = running.map((one, index) => ({ ...one, id: `r${index}`, position: null }))
  return [...runs, ...waiting.map((one) => ({ ...one, id: `w${one.position}` }))]
}

/** `runs`, `next`, `behind 3`. */
export function turnText(position: number | null): string {
  if (position === null) return 'runs'
  return position <= 1 ? 'next' : `behind ${position - 1}`
}
