import { expect, it } from 'vitest'
import type { RefusedError } from '../model/refused-error.ts'
import { createWidgetRefusal } from './widget-refusal.ts'

function refusalOf(status: number, text: string, fields: Record<string, string> = {}) {
  const transform = createWidgetRefusal(status, fields)
  transform.push(Buffer.from(text))
  try {
    transform.end()
  } catch (error) {
    const { reason, detail } = error as RefusedError
    return { reason, seconds: detail?.retryAfterSeconds }
  }
  throw new Error('nothing was refused')
}

it.each<[number, string, string]>([
  [402, '', 'provider-quota-exceeded'],
  [429, '{"error":{"code":"insufficient_quota"}}', 'provider-quota-exceeded'],
  [400, '{"error":{"message":"Your credit balance is too low"}}', 'provider-quota-exceeded'],
  [429, '{}', 'upstream-busy'],
  [503, '', 'upstream-busy'],
  [529, '', 'upstream-busy'],
  [504, '', 'upstream-timeout'],
  [408, '', 'upstream-timeout'],
  [400, '{}', 'upstream-failed'],
  [404, '{}', 'upstream-failed'],
  [500, 'billing', 'upstream-failed'],
])('%i %s is %s', (status, text, reason) => {
  expect(refusalOf(status, text).reason).toBe(reason)
})

it.each<[string, number | undefined]>([
  ['7', 7],
  ['0', undefined],
  ['soon', undefined],
  ['9999999', undefined],
  ['99999', undefined],
])('the wait of %s is handed on as %s', (after, seconds) => {
  expect(refusalOf(429, '', { 'retry-after': after }).seconds).toBe(seconds)
})

it('a date counts from now', () => {
  const at = new Date(Date.now() + 30_000).toUTCString()
  const { seconds = 0 } = refusalOf(429, '', { 'retry-after': at })
  expect(seconds).toBeGreaterThan(25)
  expect(seconds).toBeLessThan(32)
})
