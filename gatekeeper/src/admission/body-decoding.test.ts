import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { aHead } from '../../test/support/questions.ts'
import { codingOf, decodeBody } from './body-decoding.ts'

const bounds = { bytesMax: 1_000_000, take: () => true }
const encoders = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const
const codings = Object.keys(encoders) as (keyof typeof encoders)[]
const body = Buffer.from('{"model":"m"}')

describe('an encoded body', () => {
  test.each(codings)('%s is decoded', async (coding) => {
    expect(await decodeBody(encoders[coding](body), coding, bounds)).toEqual(body)
  })

  test.each(codings)(
    '%s: decoding of a bomb stops at the size limit, long before its full size',
    async (coding) => {
      const bomb = encoders[coding](Buffer.alloc(64 * 1024 * 1024))
      expect(bomb.length).toBeLessThan(100_000)
      let taken = 0
      const take = (bytes: number) => {
        taken += bytes
        return true
      }
      expect(await decodeBody(bomb, coding, { bytesMax: 1_000_000, take })).toBe('body-too-large')
      expect(taken).toBeLessThan(2_000_000)
    },
  )

  test.each(codings)(
    '%s: the decoded bytes are charged, and decoding stops when nothing is left',
    async (coding) => {
      const large = encoders[coding](Buffer.alloc(900_000))
      const none = { bytesMax: 1_000_000, take: () => false }
      expect(await decodeBody(large, coding, none)).toBe('too-much-in-flight')
    },
  )

  test.each(codings)(
    '%s: a body that is not in this coding, or only half of it, is malformed',
    async (coding) => {
      const whole = encoders[coding](Buffer.from('x'.repeat(10_000)))
      expect(await decodeBody(body, coding, bounds)).toBe('body-malformed')
      expect(await decodeBody(whole.subarray(0, -6), coding, bounds)).toBe('body-malformed')
    },
  )
})

test.each([
  ['gzip', 'gzip'],
  [' GZIP ', 'gzip'],
  ['identity', null],
  ['', null],
  ['compress', undefined],
  ['gzip, br', undefined],
  ['toString', undefined],
])('the coding %j is %j', (value, expected) => {
  expect(codingOf(aHead({ fields: { 'content-encoding': [value] } }))).toBe(expected)
})
