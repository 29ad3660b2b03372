/**
 * Pages of lists. A cursor says after which item the next page begins. It is opaque and bound to sort
 * and filters: with others it is refused, because it would skip items.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ApiError } from './api-error.ts'

/** The fields of a query that choose a page. */
export const pageFields = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a number from 1 to 200')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 200, 'must be a number from 1 to 200')
    .default(50),
  cursor: z.string().max(1000).optional(),
}

/** The place of an item in the order of its list: what it is sorted by, and its own id. */
export type Position = { readonly by: string | number | null; readonly id: string | number }

export type PageQuestion = { readonly limit: number; readonly cursor?: string | undefined }

const position = z.strictObject({
  to: z.string(),
  by: z.union([z.string(), z.number(), z.null()]),
  id: z.union([z.string(), z.number()]),
})

/** Returns a cursor for the page after a position. `order` is everything that the list depends on. */
export function writeCursor({ by, id }: Position, order: unknown): string {
  return Buffer.from(JSON.stringify({ to: digestOf(order), by, id })).toString('base64url')
}

/** Returns the position of a cursor, or throws an ApiError if it is not one of this list. */
export function readCursor(cursor: string, order: unknown): Position {
  const parsed = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (!parsed.success || parsed.data.to !== digestOf(order)) throw notOfThisList()
  const { by, id } = parsed.data
  return { by, id }
}

/**
 * Returns a page of items that are sorted already, the cursor of the next one, and how many there are
 * in all. `order` is what the list was asked for: its sort and its filters.
 */
export function pageOf<Item>(
  sorted: readonly Item[],
  { limit, cursor }: PageQuestion,
  { order, positionOf }: { readonly order: unknown; readonly positionOf: (item: Item) => Position },
): { readonly items: readonly Item[]; readonly next: string | null; readonly total: number } {
  const after = cursor === undefined ? null : readCursor(cursor, order)
  const begin = after === null ? 0 : indexAfter(sorted, after, positionOf)
  const items = sorted.slice(begin, begin + limit)
  const last = items.at(-1)
  const isMore = begin + items.length < sorted.length && last !== undefined
  return {
    items,
    next: isMore ? writeCursor(positionOf(last), order) : null,
    total: sorted.length,
  }
}

/**
 * If the item of the cursor is gone meanwhile, the page begins at the first one that would stand
 * after it by its value: an item may come twice or be missed only if it moved.
 */
function indexAfter<Item>(
  sorted: readonly Item[],
  after: Position,
  positionOf: (item: Item) => Position,
): number {
  const positions = sorted.map(positionOf)
  const exact = positions.findIndex(({ id }) => id === after.id)
  if (exact !== -1) return exact + 1
  const same = positions.findLastIndex(({ by }) => by === after.by)
  if (same !== -1) return same + 1
  const isDescending = compare(positions[0]?.by, positions.at(-1)?.by) > 0
  const later = positions.findIndex(({ by }) => {
    const order = compare(by, after.by)
    return isDescending ? order < 0 : order > 0
  })
  return later === -1 ? sorted.length : later
}

function compare(one: Position['by'] | undefined, other: Position['by'] | undefined): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  const [left, right] = [String(one ?? ''), String(other ?? '')]
  return left < right ? -1 : left > right ? 1 : 0
}

function digestOf(order: unknown): string {
  return createHash('sha256').update(JSON.stringify(order)).digest('base64url').slice(0, 12)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const notOfThisList = () =>
  new ApiError('invalid', 'The cursor is not one of this list. Begin without it.')
