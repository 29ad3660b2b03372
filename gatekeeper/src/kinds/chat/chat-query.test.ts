import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLevelTest } from './chat.ts'
import { readChatQuery } from './chat-query.ts'

describe('the query of a chat', () => {
  test.each([
    ['', { domain: 'general', model: null }],
    ['domain=taxes', { domain: 'taxes', model: null }],
    ['model=gpt-5%2Fmini&domain=finance', { domain: 'finance', model: 'gpt-5/mini' }],
    ['model=a+b', { domain: 'general', model: 'a b' }],
  ])('%j is %j', (query, expected) => {
    expect(readChatQuery(query)).toEqual(expected)
  })

  test.each([
    ['Domain=taxes', ['Domain']],
    ['domain=', ['domain=']],
    ['domain', ['domain=']],
    ['domain=a&domain=a', ['domain (twice)']],
    ['model=a&model=b', ['model (twice)']],
    ['model%5B%5D=a', ['model[]']],
    ['stream=true&x=1&x=2', ['stream', 'x']],
    ['model=a%00b', ['model=a\0b']],
    ['model=%ff', ['model=\ufffd']],
    ['=', ['']],
    ['a=1&model=', ['a', 'model=']],
  ])('%j is refused, and all of its parts are listed', (query, unknown) => {
    expect(readChatQuery(query)).toEqual({ unknown })
  })

  test('is never read in part: a name has visible characters, two hundred at most', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.webQueryParameters()), (query) => {
        const read = readChatQuery(query)
        if ('unknown' in read) expect(read.unknown.length).toBeGreaterThan(0)
        const names = 'unknown' in read ? [] : [read.domain, read.model ?? 'none']
        for (const name of names) {
          expect(name).toMatch(/^[^\p{Cc}]{1,200}$/u)
        }
      }),
    )
  })
})

test.each([
  ['/authorized/whale/chat', true],
  ['/authorized/Minnow/chat', true],
  ['/authorized/minnow/chat', false],
  ['/shark/chat', false],
  ['/authorized/minnow/chat/', true],
  ['/authorized/a/b/chat', false],
])('%s is a chat of an unknown level: %s', (path, expected) => {
  expect(createLevelTest([])(path)).toBe(expected)
})
