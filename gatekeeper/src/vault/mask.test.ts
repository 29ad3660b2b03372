import { expect, it } from 'vitest'
import { maskKey } from './mask.ts'

it.each([
  ['sk-proj-abcdefghijklmnop', 'sk-…mnop'],
  ['12345678901234567890', '123…7890'],
  ['1234567890123456789', '…'],
  ['', '…'],
])('of %j is shown %j', (key, mask) => {
  expect(maskKey(key)).toBe(mask)
})
