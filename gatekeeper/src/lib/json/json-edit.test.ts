import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  editJson,
  itemsOf,
  type JsonBody,
  membersOf,
  namesWithin,
  readMember,
  tooLong,
  withoutMembers,
} from './json-edit.ts'

function bodyOf(value: unknown): JsonBody {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return { bytes, members: membersOf(bytes, 0) }
}

describe('reading one member', () => {
  const body = bodyOf({ a: { b: [1, { c: '}"' }], d: null }, e: 'x"y', f: 'z'.repeat(70_000) })

  test('gives its value, at any depth', () => {
    expect(readMember(body, ['a', 'b'])).toEqual([1, { c: '}"' }])
    expect(readMember(body, ['a', 'd'])).toBeNull()
    expect(readMember(body, ['e'])).toBe('x"y')
  })

  test('gives nothing when it is missing, or when its parent is not an object', () => {
    for (const path of [['x'], ['a', 'x'], ['e', 'x'], ['a', 'b', 'c'], ['A'], ['constructor']]) {
      expect(readMember(body, path)).toBeUndefined()
    }
  })

  test('does not build a value that is too long', () => {
    expect(readMember(body, ['f'])).toBe(tooLong)
  })

  test('gives the names of an object', () => {
    expect(namesWithin(body, 'a')).toEqual(['b', 'd'])
    expect([namesWithin(body, 'e'), namesWithin(body, 'x')]).toEqual([[], []])
  })
})

test('the items of a list have their positions', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (list, after) => {
      const body = bodyOf({ list, after })
      const starts = itemsOf(body, 'list')
      const ends = [...starts.slice(1), body.members[0]?.end ?? 0].map((end) => end - 1)
      const read = starts.map((start, at) => body.bytes.toString('utf8', start, ends[at]))
      expect(read.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(list)))
    }),
  )
  expect(itemsOf(bodyOf({ a: { b: 1 } }), 'a')).toEqual([])
  expect(itemsOf(bodyOf({ a: '[1]' }), 'x')).toEqual([])
})

describe('changing one member', () => {
  test.each([
    ['{}', ['a'], '1', '{"a":1}'],
    ['{"a":2}', ['a'], '1', '{"a":1}'],
    ['{"b":2}', ['a'], '1', '{"b":2,"a":1}'],
    ['{"a":{"x":1}}', ['a', 'b'], '2', '{"a":{"x":1,"b":2}}'],
    ['{"a":{"b":1}}', ['a', 'b'], '2', '{"a":{"b":2}}'],
    ['{"a":null}', ['a', 'b'], '2', '{"a":{"b":2}}'],
    ['{"a":{}}', ['a', 'b'], '2', '{"a":{"b":2}}'],
    ['{}', ['a', 'b'], '2', '{"a":{"b":2}}'],
    ['{"n":9007199254740993,"a":1}', ['a'], '2', '{"n":9007199254740993,"a":2}'],
  ])('%s at %j', (text, path, json, expected) => {
    expect(editJson(bodyOf(text), [{ path, json }]).toString()).toBe(expected)
  })

  test('has the effect of an assignment, and keeps all else byte for byte', () => {
    const name = fc.constantFrom('a', 'b', 'options', 'x"y')
    const value = fc.dictionary(name, fc.jsonValue())
    fc.assert(
      fc.property(value, fc.array(fc.record({ name, json: fc.json() })), (before, edits) => {
        const text = editJson(
          bodyOf(before),
          edits.map((edit) => ({ path: [edit.name], json: edit.json })),
        ).toString()
        const expected: Record<string, unknown> = JSON.parse(JSON.stringify(before))
        for (const edit of edits) expected[edit.name] = JSON.parse(edit.json)
        expect(JSON.parse(text)).toEqual(expected)
      }),
    )
  })
})

describe('taking members off', () => {
  const without = (value: object, ...names: string[]) =>
    withoutMembers(bodyOf(value), (name) => names.includes(name))

  test.each([
    [{ a: 1, b: 'x"y', c: [1] }, ['a'], { b: 'x"y', c: [1] }],
    [{ a: 1, b: 2, c: 3 }, ['b'], { a: 1, c: 3 }],
    [{ a: 1, b: 2, c: 3 }, ['c'], { a: 1, b: 2 }],
    [{ a: 1, b: 2, c: 3 }, ['a', 'c'], { b: 2 }],
    [{ a: 1 }, ['a'], {}],
    [{}, ['a'], {}],
    [{ a: { b: 1 }, b: 2 }, ['b'], { a: { b: 1 } }],
  ])('%j without %j is %j', (value, names, expected) => {
    const rest = without(value, ...names)
    expect(rest.bytes.toString()).toBe(JSON.stringify(expected))
    expect(rest.members).toEqual(membersOf(rest.bytes, 0))
  })

  test('leaves the rest as it is, whatever it holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (value, name) => {
        const { [name]: _, ...expected } = value
        expect(JSON.parse(without(value, name).bytes.toString())).toEqual(
          JSON.parse(JSON.stringify(expected)),
        )
      }),
    )
  })
})
