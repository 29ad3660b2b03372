import { rmSync, statSync } from 'node:fs'
import { listHeads, listSegments } from './segments.ts'

export type Retention = {
  readonly name: string
  /** The oldest files beyond this are removed; the current file counts as full. */
  readonly totalBytesMax: number
  readonly segmentBytesMax: number
  /** Files that were last written before this are removed; null keeps them. */
  readonly ageMaxMs: number | null
}

/** Heads of removed files that are kept: the last of them says where the rest begins. */
const headsMax = 100

/**
 * Removes files that are too old or too large, oldest first; never the current file, nor one after
 * a file that stays, because a chain has no gaps. Throws as `node:fs` does.
 */
export function removeOld(
  folder: string,
  rules: Retention,
  at: { readonly inUse: number; readonly now: number },
): void {
  const { name, totalBytesMax, segmentBytesMax, ageMaxMs } = rules
  const old = listSegments(folder, name).filter(({ number }) => number < at.inUse)
  let total = segmentBytesMax
  let isRemoving = false
  for (const { path } of old.reverse()) {
    const { size, mtimeMs } = statSync(path)
    total += size
    isRemoving ||= total > totalBytesMax || (ageMaxMs !== null && at.now - mtimeMs > ageMaxMs)
    if (isRemoving) rmSync(path, { force: true })
  }
  const first = listSegments(folder, name)[0]?.number ?? at.inUse
  for (const { number, path } of listHeads(folder, name)) {
    if (number < first - headsMax) rmSync(path, { force: true })
  }
}
