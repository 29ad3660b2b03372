import { expect, it } from 'vitest'
import { bar } from './bars.ts'

it.each([
  [0, 10, 0],
  [1, 1000, 1],
  [500, 1000, 12],
  [1000, 1000, 24],
  [0, 0, 0],
])('the bar of %d of %d has %d characters', (value, most, length) => {
  expect(bar(value, most)).toHaveLength(length)
})
