import { expect, test } from 'vitest'
import { readKeepAlive } from './keep-alive.ts'

test.each([...[0, 0.0, -0, '0', '+0', '-0', '0s', '0.0s', '0h0m0s', '00s', '.0s', ' 0 ']])(
  '%j is zero',
  (value) => {
    expect(Math.abs(readKeepAlive(value) ?? Number.NaN)).toBe(0)
  },
)

test.each([
  [300, 300],
  [0.5, 0.5],
  ['5m', 300],
  ['300', 300],
  ['1h30m', 5400],
  ['1.5h', 5400],
  ['500ms', 0.5],
  ['1ns', 1e-9],
  ['1us', 1e-6],
  ['1\u00b5s', 1e-6],
  ['+5m', 300],
])('%j is %d seconds', (value, seconds) => {
  expect(readKeepAlive(value)).toBeCloseTo(seconds, 12)
})

test.each([-1, -0.001, '-1', '-1m', '-1s'])('%j is forever', (value) => {
  expect(readKeepAlive(value)).toBe(Number.POSITIVE_INFINITY)
})

test.each([null, undefined])('%j has no meaning', (value) => {
  expect(readKeepAlive(value)).toBeNull()
})

test.each([true, {}, [], '', 'x', '5 m', '5x', 'm', '1e3s', '0x1', 'Infinity', 'NaN', Number.NaN])(
  '%j is not a duration',
  (value) => {
    expect(readKeepAlive(value)).toBeUndefined()
  },
)
