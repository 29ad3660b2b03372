import { expect, test } from 'vitest'
import { matchPath } from './match-path.ts'

test.each([
  ['/', '/', {}],
  ['/keys', '/keys', {}],
  ['/keys/:id', '/keys/abc', { id: 'abc' }],
  ['/keys/:id', '/keys/a%2fb', { id: 'a/b' }],
  ['/keys/:id', '/keys', null],
  ['/keys/:id', '/keys/', null],
  ['/keys/:id', '/keys/%zz', null],
  ['/keys', '/key', null],
])('%s at %s', (pattern, path, params) => {
  expect(matchPath(pattern, path)).toEqual(params)
})
