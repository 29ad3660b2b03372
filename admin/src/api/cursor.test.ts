import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { pageFields, pageOf, readCursor, writeCursor } from './cursor.ts'

type Item = { readonly id: string; readonly at: number }
const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, at) => ({ id: `i${at}`, at: Math.floor(at / 3) }))
const order = { sort: 'at', q: 'x' }
const list = { order, positionOf: ({ id, at }: Item) => ({ id, by: at }) }

function readAll(all: readonly Item[], limit: number): string[] {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = pageOf(all, { limit, cursor }, list)
    seen.push(...page.items.map(({ id }) => id))
    expect(page.total).toBe(all.length)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return seen
}

describe('pages', () => {
  test.each([1, 2, 3, 7, 200])('of %i have each item once, in order', (limit) => {
    const all = items(20)
    expect(readAll(all, limit)).toEqual(all.map(({ id }) => id))
  })

  test('the last page says that it is the last', () => {
    expect(pageOf(items(4), { limit: 4 }, list).next).toBeNull()
    expect(pageOf([], { limit: 4 }, list)).toEqual({ items: [], next: null, total: 0 })
  })

  test.each([1, -1])('go on where the item of the cursor was removed (%i)', (sign) => {
    const all = items(12).map(({ id, at }) => ({ id, at: at * sign }))
    const { next } = pageOf(all, { limit: 3 }, list)
    const rest = all.filter(({ id }) => id !== 'i2')
    const later = pageOf(rest, { limit: 20, cursor: next ?? '' }, list)
    expect(later.items.map(({ id }) => id)).toEqual(all.slice(3).map(({ id }) => id))
    const gone = all.filter(({ at }) => at !== 0)
    const none = pageOf(gone, { limit: 20, cursor: next ?? '' }, list)
    expect(none.items.map(({ id }) => id)).toEqual(all.slice(3).map(({ id }) => id))
  })
})

test.each(['', 'x', 'e30', Buffer.from('{"to":1}').toString('base64url')])(
  'a cursor that is not ours is refused: %s',
  (cursor) => {
    expect(() => readCursor(cursor, order)).toThrow('not one of this list')
  },
)

test('a cursor of another sort or filter is refused', () => {
  const cursor = writeCursor({ by: 1, id: 'a' }, order)
  expect(readCursor(cursor, order)).toEqual({ by: 1, id: 'a' })
  expect(() => readCursor(cursor, { ...order, q: 'y' })).toThrow()
  expect(() => readCursor(cursor, { ...order, sort: '-at' })).toThrow()
})

test.each(['0', '201', '-1', '1e2', '1.5', 'x', ''])('the limit %s is refused', (limit) => {
  expect(z.strictObject(pageFields).safeParse({ limit }).success).toBe(false)
})

test('without a limit a page has 50 items', () => {
  expect(z.strictObject(pageFields).parse({})).toEqual({ limit: 50 })
})
