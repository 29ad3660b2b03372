import { listChains } from '../../audit/segments.ts'
import { type FoundRecord, readRecords } from './read-records.ts'

/**
 * How many bytes are read at most: acts alone have this much, so that no number of requests hides
 * them, and all other chains share it.
 */
const bytesMaxUsual = 32 * 1024 * 1024

export type NewestQuestion = {
  readonly folder: string
  readonly sinceAt: number
  readonly untilAt: number
  readonly bytesMax?: number | undefined
  /** Ends the reading when nobody waits for it any more; then the promise is rejected. */
  readonly signal: AbortSignal
}

/**
 * Calls `take` with the records of a period in the order of their times: those in the newest part of
 * each chain. Resolves with the instant since which none is missing; null if none is missing at all.
 */
export async function readNewestRecords(
  { folder, sinceAt, untilAt, bytesMax = bytesMaxUsual, signal }: NewestQuestion,
  take: (found: FoundRecord) => void,
): Promise<string | null> {
  signal.throwIfAborted()
  const chains = listChains(folder)
  const others = Math.max(1, chains.length - 1)
  let completeSince: string | null = null
  const blocks = readRecords({
    ...{ folder, chains, sinceAt, untilAt },
    bytesMaxOf: (chain) => (chain === 'acts' ? bytesMax : Math.floor(bytesMax / others)),
    onCut: (at) => {
      if (completeSince === null || at > completeSince) completeSince = at
    },
    // `npm run audit -- verify` says more about such lines.
    onUnreadable: () => {},
  })
  for await (const block of blocks) {
    signal.throwIfAborted()
    for (const found of block) take(found)
  }
  return completeSince
}
