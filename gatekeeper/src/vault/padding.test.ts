import fc from 'fast-check'
import { expect, it } from 'vitest'
import { pad, unpad } from './padding.ts'

it('padding hides the length of a key within blocks of 64 bytes, and comes off', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 520 }), (bytes) => {
      const content = Buffer.from(bytes)
      const padded = pad(content)
      expect(padded.length % 64).toBe(0)
      expect(padded.length - content.length).toBeGreaterThan(0)
      expect(padded.length - content.length).toBeLessThanOrEqual(64)
      expect(unpad(padded)).toEqual(content)
    }),
  )
  expect([8, 40, 63].map((length) => pad(Buffer.alloc(length, 'k')).length)).toEqual([64, 64, 64])
})

it('bytes without padding are not a content', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(64), Buffer.from('sk-1')])
    expect(unpad(bytes)).toBeNull()
})
