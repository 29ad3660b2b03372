import type { DatabaseSync } from 'node:sqlite'
import type { CountedLine } from '../usage-lines.ts'
import { type BucketSize, type Buckets, bucketSizes } from './bucket-start.ts'
import type { KnownGroups } from './known-groups.ts'
import { inOneStep, keep } from './sums-file.ts'

/** How long the sums of each size are kept; those of days as long as the usage log itself. */
export const keptDays: Readonly<Record<BucketSize, number>> = {
  '15min': 40,
  hour: 100,
  day: 2_000,
}
const dayMs = 86_400_000

/** Returns the first instant of which sums of a size are kept. */
export function keptFrom(size: BucketSize, now: number): number {
  return now - keptDays[size] * dayMs
}

/** Members are in the order of the columns. */
type Cell = [
  requests: number,
  failed: number,
  inputTokens: number,
  outputTokens: number,
  microUsd: number,
  durationMs: number,
]

const addition = `
  INSERT INTO sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    requests = requests + excluded.requests, failed = failed + excluded.failed,
    input_tokens = input_tokens + excluded.input_tokens,
    output_tokens = output_tokens + excluded.output_tokens,
    micro_usd = micro_usd + excluded.micro_usd, duration_ms = duration_ms + excluded.duration_ms`

type Deps = {
  readonly database: DatabaseSync
  readonly groups: KnownGroups
  readonly buckets: Buckets
  readonly now: number
}

/** Adds lines to the sums, and stores in the same transaction up to which line they count. */
export function countLines(
  lines: readonly CountedLine[],
  last: { readonly id: number; readonly requestId: string },
  { database, groups, buckets, now }: Deps,
): void {
  const cells = new Map<string, { key: [number, number, number]; cell: Cell }>()
  const touched = new Set<number>()
  for (const line of lines) {
    const group = groups.idOf(line)
    touched.add(group)
    for (const [size, name] of bucketSizes.entries()) {
      if (line.at < keptFrom(name, now)) continue
      addTo(cells, [size, buckets.startOf(name, line.at), group], line)
    }
  }
  inOneStep(database, () => {
    const add = database.prepare(addition)
    for (const { key, cell } of cells.values()) add.run(...key, ...cell)
    const store = database.prepare(
      'INSERT INTO groups VALUES (?, ?) ON CONFLICT DO UPDATE SET last_line = excluded.last_line',
    )
    for (const id of touched) store.run(id, groups.lastLineOf(id))
    keep(database, 'lastLine', String(last.id))
    keep(database, 'lastRequest', last.requestId)
  })
}

function addTo(
  cells: Map<string, { key: [number, number, number]; cell: Cell }>,
  key: [number, number, number],
  line: CountedLine,
): void {
  const text = key.join(' ')
  let found = cells.get(text)
  if (found === undefined) {
    found = { key, cell: [0, 0, 0, 0, 0, 0] }
    cells.set(text, found)
  }
  const { cell } = found
  cell[0]++
  if (line.outcome !== 'answered' || line.status >= 400) cell[1]++
  cell[2] += line.input_tokens
  cell[3] += line.output_tokens
  cell[4] += line.micro_usd
  cell[5] += line.duration_ms
}

/** Removes sums that are kept no longer, and those of before the oldest line of the log. */
export function removeOldSums(
  database: DatabaseSync,
  { now, firstAt, buckets }: { now: number; firstAt: number | null; buckets: Buckets },
): void {
  const remove = database.prepare('DELETE FROM sums WHERE size = ? AND start_at < ?')
  const removeRefusals = database.prepare('DELETE FROM refusals WHERE size = ? AND start_at < ?')
  for (const [size, name] of bucketSizes.entries()) {
    const from = buckets.startOf(name, keptFrom(name, now))
    const first = firstAt === null ? now : buckets.startOf(name, firstAt)
    remove.run(size, Math.max(from, first))
    removeRefusals.run(size, from)
  }
}
