/** Lines of the usage log, for readers that continue where they stopped. */
import type { Kysely } from 'kysely'
import type { Tables } from '../../usage/journal/sqlite/tables.ts'
import { queryUsage, readDatabase } from './read-usage.ts'

/** What sums need of a line. */
export type CountedLine = {
  readonly id: number
  readonly at: number
  readonly principal_id: string
  readonly user: string | null
  readonly service: string
  readonly model: string | null
  readonly status: number
  readonly outcome: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly micro_usd: number
  readonly duration_ms: number
}

/** Lines that follow, and the request of the last of them, by which the log is known again. */
export type NextLines = {
  readonly lines: readonly CountedLine[]
  readonly lastRequest: string | null
}

const counted = `
  SELECT id, at, principal_id, user, service, model, status, outcome,
    input_tokens, output_tokens, micro_usd, duration_ms
  FROM usage_log WHERE id > ? ORDER BY id LIMIT ?`

/** Returns the lines after an id, in their order; none if there is no database yet. */
export function readLinesAfter(stateDir: string, after: number, countMax: number): NextLines {
  const read = readDatabase(stateDir, (database) => {
    const lines = database.prepare(counted).all(after, countMax) as unknown as CountedLine[]
    const id = lines.at(-1)?.id ?? 0
    const last = database.prepare('SELECT request_id FROM usage_log WHERE id = ?').get(id)
    return { lines, lastRequest: last === undefined ? null : String(last['request_id']) }
  })
  return read ?? { lines: [], lastRequest: null }
}

/** The names in a line, which an erasure replaces. */
export type LineNames = Pick<CountedLine, 'id' | 'principal_id' | 'user' | 'service' | 'model'>

const idsMax = 500

/** Returns the lines of these ids that are still there, by id. */
export async function readNamesOf(
  stateDir: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, LineNames>> {
  const found = new Map<number, LineNames>()
  await queryUsage(stateDir, async (queries) => {
    for (let at = 0; at < ids.length; at += idsMax) {
      const lines = await queries
        .selectFrom('usage_log')
        .select(['id', 'principal_id', 'user', 'service', 'model'])
        .where('id', 'in', ids.slice(at, at + idsMax))
        .execute()
      for (const line of lines) found.set(line.id, line)
    }
  })
  return found
}

export type LogExtent = {
  /** 0 if the log is empty. */
  readonly lastId: number
  /** When the oldest line was admitted; null if the log is empty. */
  readonly firstAt: number | null
  /** The request of the line that was asked for; null if that line is gone. */
  readonly requestId: string | null
}

/** Returns what the log has now, and the request of one of its lines. */
export async function readExtent(stateDir: string, id: number): Promise<LogExtent> {
  const extent = await queryUsage(stateDir, async (queries) => ({
    lastId: (await endOf(queries, 'id', 'desc'))?.id ?? 0,
    firstAt: (await endOf(queries, 'at', 'asc'))?.at ?? null,
    requestId: (await lineOf(queries, id))?.request_id ?? null,
  }))
  return extent ?? { lastId: 0, firstAt: null, requestId: null }
}

const endOf = (queries: Kysely<Tables>, by: 'id' | 'at', order: 'asc' | 'desc') =>
  queries
    .selectFrom('usage_log')
    .select(['id', 'at'])
    .orderBy(by, order)
    .limit(1)
    .executeTakeFirst()

const lineOf = (queries: Kysely<Tables>, id: number) =>
  queries.selectFrom('usage_log').select('request_id').where('id', '=', id).executeTakeFirst()
