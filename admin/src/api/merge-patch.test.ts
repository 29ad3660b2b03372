import { expect, test } from 'vitest'
import { mergePatch } from './merge-patch.ts'

// RFC 7396, appendix A.
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j with %j', (target, patch, result) => {
  expect(mergePatch(target, patch)).toEqual(result)
})

test('a patch changes no prototype and neither of its parts', () => {
  const target = { a: { b: 1 } }
  const patch = JSON.parse('{"__proto__":{"role":"owner"},"a":{"c":2}}')
  const merged = mergePatch(target, patch) as Record<string, unknown>
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
  expect(merged['role']).toBeUndefined()
  expect(({} as Record<string, unknown>)['role']).toBeUndefined()
  expect(target).toEqual({ a: { b: 1 } })
})
