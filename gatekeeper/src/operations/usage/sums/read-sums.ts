import type { DatabaseSync } from 'node:sqlite'
import { readSubjectNames } from '../../../audit/subject-file.ts'
import { type BucketSize, bucketSizes } from './bucket-start.ts'
import type { GroupNames, KnownGroups } from './known-groups.ts'

/** Whose requests are counted; null for everybody's. */
export type UsageScope = {
  /** Requests of this user, whatever the principal; null for those of the principals alone. */
  readonly user: string | null
  /** Principals: `key:ID`. */
  readonly keys: { readonly has: (principal: string) => boolean }
  /** Of the principals only requests of this user. */
  readonly onlyUser?: string | undefined
  /** Whose refused requests are counted; left out, those of `user`. */
  readonly refused?: ReadonlySet<string>
}

export type SumsQuestion = {
  /** The beginning of a bucket. */
  readonly fromAt: number
  /** The beginning of a bucket, which is not included. */
  readonly toAt: number
  readonly size: BucketSize
  readonly by: keyof GroupNames
  readonly scope: UsageScope | null
}

export type Sums = {
  readonly requests: number
  /** Requests without a complete and successful answer. */
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly microUsd: number
  readonly durationMs: number
}

/** `name` is null where there is none: a request without a model. */
export type GroupSums = Sums & {
  readonly name: string | null
  /** The user of the newest counted key; for groups of keys. */
  readonly user: string | null
  /** The model of most money, else of most tokens; for groups of models the user. */
  readonly mostly: string | null
}

export type SumsReport = {
  readonly total: Sums
  /** Requests that were not admitted. */
  readonly refused: number
  /** The most expensive first. */
  readonly groups: readonly GroupSums[]
  /** Sums by group in each bucket that has some, by its beginning. */
  readonly buckets: ReadonlyMap<number, ReadonlyMap<string | null, Sums>>
  /** Refused requests by bucket. */
  readonly refusals: ReadonlyMap<number, number>
  /** Whether everything in the log is counted; at the first start that takes a while. */
  readonly isComplete: boolean
}

type Deps = {
  readonly database: DatabaseSync
  readonly groups: KnownGroups
  readonly auditFolder: string
}

type MutableSums = { -readonly [Name in keyof Sums]: Sums[Name] }

const nothing = (): MutableSums => ({
  ...{ requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, microUsd: 0, durationMs: 0 },
})

/** Start, group and the sums, in the order of the columns. */
type Row = [number, number, number, number, number, number, number, number]

const selected = `
  SELECT start_at, group_id, requests, failed, input_tokens, output_tokens, micro_usd, duration_ms
  FROM sums WHERE size = ? AND start_at >= ? AND start_at < ?`

type Found = MutableSums & { user: string | null; readonly others: Map<string | null, number> }

/** Sums up the counted buckets of a period. */
export async function readSums(
  question: SumsQuestion,
  deps: Deps,
): Promise<Omit<SumsReport, 'isComplete'>> {
  const { by, scope } = question
  const other = by === 'model' ? 'user' : 'model'
  const total = nothing()
  const groups = new Map<string | null, Found>()
  const buckets = new Map<number, Map<string | null, MutableSums>>()
  const namesOf = namesInScope(deps.groups, scope)
  for (const row of rowsOf(question, deps.database)) {
    const names = namesOf(row[1])
    if (names === null) continue
    const name = names[by]
    add(total, row)
    const group = getOr(groups, name, () => ({ ...nothing(), user: null, others: new Map() }))
    add(group, row)
    group.user = names.user
    group.others.set(names[other], (group.others.get(names[other]) ?? 0) + weightOf(row))
    add(
      getOr(
        getOr(buckets, row[0], () => new Map<string | null, MutableSums>()),
        name,
        nothing,
      ),
      row,
    )
  }
  const refusals = await readRefusals(question, deps)
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0)
  return { total, refused, groups: describeGroups(groups, by), buckets, refusals }
}

/** Returns whether requests of a principal and user are in the scope. */
export function isInUsage(
  { user, keys, onlyUser }: UsageScope,
  names: { readonly key: string; readonly user: string | null },
): boolean {
  if (user !== null && names.user === user) return true
  return keys.has(names.key) && (onlyUser === undefined || names.user === onlyUser)
}

function* rowsOf(
  { size, fromAt, toAt }: SumsQuestion,
  database: DatabaseSync,
): Generator<Row, void, undefined> {
  const statement = database.prepare(selected)
  statement.setReturnArrays(true)
  const rows = statement.iterate(bucketSizes.indexOf(size), fromAt, toAt)
  for (const row of rows as unknown as Iterable<Row>) yield row
}

/** Returns a function for the names of a group; null for one out of scope. Each is judged once. */
function namesInScope(groups: KnownGroups, scope: UsageScope | null) {
  const known = new Map<number, GroupNames | null>()
  return (id: number): GroupNames | null => {
    const found = known.get(id)
    if (found !== undefined) return found
    const names = groups.namesOf(id)
    const isIn = names !== null && (scope === null || isInUsage(scope, names))
    known.set(id, isIn ? names : null)
    return isIn ? names : null
  }
}

function add(sums: MutableSums, row: Row): void {
  sums.requests += row[2]
  sums.failed += row[3]
  sums.inputTokens += row[4]
  sums.outputTokens += row[5]
  sums.microUsd += row[6]
  sums.durationMs += row[7]
}

/** Money counts before tokens, and tokens before requests. */
const weightOf = (row: Row) => row[6] * 1e6 + (row[4] + row[5]) + row[2] / 1e6

function getOr<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

function describeGroups(
  groups: ReadonlyMap<string | null, Found>,
  by: keyof GroupNames,
): readonly GroupSums[] {
  const all = [...groups].map(([name, { others, user, ...sums }]) => {
    const [most] = [...others].sort(([, one], [, two]) => two - one)
    return { name, ...sums, user: by === 'key' ? user : null, mostly: most?.[0] ?? null }
  })
  const tokens = ({ inputTokens, outputTokens }: Sums) => inputTokens + outputTokens
  return all.sort(
    (a, b) => b.microUsd - a.microUsd || tokens(b) - tokens(a) || b.requests - a.requests,
  )
}

/** In the scope of a user: refusals of requests with a credential of that user. */
async function readRefusals(
  { size, fromAt, toAt, scope }: SumsQuestion,
  { database, auditFolder }: Deps,
): Promise<ReadonlyMap<number, number>> {
  const refs =
    scope === null ? null : await refsOf(auditFolder, scope.refused ?? new Set([scope.user]))
  const rows = database
    .prepare(
      'SELECT start_at, subject, requests FROM refusals WHERE size = ? AND start_at >= ? AND start_at < ?',
    )
    .all(bucketSizes.indexOf(size), fromAt, toAt)
  const found = new Map<number, number>()
  for (const row of rows) {
    if (refs !== null && !refs.has(String(row['subject']))) continue
    const at = Number(row['start_at'])
    found.set(at, (found.get(at) ?? 0) + Number(row['requests']))
  }
  return found
}

async function refsOf(
  folder: string,
  users: ReadonlySet<string | null>,
): Promise<ReadonlySet<string>> {
  const names = await readSubjectNames(folder)
  return new Set([...names].filter(([, name]) => users.has(name)).map(([ref]) => ref))
}
