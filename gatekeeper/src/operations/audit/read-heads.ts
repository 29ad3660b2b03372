import { readLastHead } from '../../audit/chain-tail.ts'
import { listChains, listSegments } from '../../audit/segments.ts'
import type { ChainPlace } from './chain-place.ts'

/** Returns the current end of every chain of a folder. Throws as `node:fs` does. */
export function readHeads(folder: string): ChainPlace[] {
  return listChains(folder).flatMap((chain) => {
    const segments = listSegments(folder, chain)
    const head = readLastHead(segments)
    const segment = segments.at(-1)?.number ?? 0
    return head === null ? [] : [{ chain, segment, ...head }]
  })
}
