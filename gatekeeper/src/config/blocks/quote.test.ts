import { describe, expect, test } from 'vitest'
import { duration, isQuotable, quote, quoteRaw } from './quote.ts'

describe('a value in the generated Caddyfile', () => {
  test.each([
    '/tts',
    'http://127.0.0.1:8880',
    'http://[::1]:1',
    '/tts/*',
    'unix//srv/gk é/run/x.sock',
    'AA+/==',
  ])('%s is quoted', (value) => {
    expect(quote(value)).toBe(`"${value}"`)
  })

  test.each([
    'a"b',
    'a`b',
    'a{b',
    'a}b',
    '{$X}',
    '{env.X}',
    'a\\b',
    'a\nb',
    'a\rb',
    'a\u2028b',
    'a\tb',
    'a\u0000b',
    "a'b",
    'a$b',
    'a#b',
    'a<b',
    'a\u202eb',
  ])('%j is never written', (value) => {
    expect(isQuotable(value)).toBe(false)
    expect(() => quote(value)).toThrow('not allowed in a Caddyfile')
  })

  test.each(['a`b', '{$X}', 'a{1}', 'a\nb', '}'])(
    '%j is never written as an expression',
    (value) => {
      expect(() => quoteRaw(value)).toThrow('not allowed in a Caddyfile')
    },
  )

  test('a duration is never 0, which means no limit to Caddy', () => {
    expect([0.5, 5, 0.000_000_1].map(duration)).toEqual(['500ms', '5000ms', '1ms'])
  })
})
