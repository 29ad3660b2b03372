import { expect, test } from 'vitest'
import { aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import { anonymous } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { securityEvents } from '../model/security-event.ts'
import type { Decided } from './decision-log.ts'
import { createSecurityWatch } from './security-watch.ts'

const decided = (over: Partial<Decided> & { address?: string } = {}): Decided => ({
  facts: someFacts({ clientAddress: over.address ?? '192.0.2.1' }),
  ...{ requestId: 'r', principal: null, reason: null, status: 200, outcome: null, durationMs: 1 },
  ...over,
})
const watch = () => {
  const time = { now: 0 }
  return { time, observe: createSecurityWatch(() => time.now) }
}

test.each<[Reason, string]>([
  ['malformed-target', 'refused-path'],
  ['body-too-large', 'body-above-cap'],
  ['images-too-large', 'body-above-cap'],
  ['prompt-too-large', 'body-above-cap'],
])('%s is the event %s', (reason, event) => {
  expect(watch().observe(decided({ reason }))).toEqual([event])
})

test('a lock-out of administrators is one, and too many attempts elsewhere are none', () => {
  const reason = 'too-many-attempts'
  const facts = someFacts({ service: { ...aService(), name: 'control' } })
  expect(watch().observe(decided({ reason, facts }))).toEqual(['admin-lock-out'])
  expect(watch().observe(decided({ reason }))).toEqual([])
})

test('a known caller at a second address is one, once for each address', () => {
  const { observe } = watch()
  const at = (address: string, over: object = {}) =>
    observe(decided({ principal: aPrincipal({ id: 'key:a' }), address, ...over }))
  expect(at('192.0.2.1')).toEqual([])
  expect(at('192.0.2.2', { reason: 'class-not-granted' })).toEqual([])
  expect(at('192.0.2.2')).toEqual(['new-address'])
  expect(at('192.0.2.2')).toEqual([])
  expect(at('192.0.2.1')).toEqual([])
  expect(at('2001:db8::1')).toEqual(['new-address'])
  expect(at('2001:db8::2')).toEqual([])
  expect(observe(decided({ principal: anonymous, address: '192.0.2.9' }))).toEqual([])
})

test('five refusals of an address in an hour are one, once an hour', () => {
  const { observe, time } = watch()
  const refuse = (address = '192.0.2.1') =>
    observe(decided({ reason: 'unknown-key', address })).length
  expect([1, 2, 3, 4, 5, 6, 7].map(() => refuse())).toEqual([0, 0, 0, 0, 1, 0, 0])
  expect(refuse('192.0.2.2')).toBe(0)
  time.now = 3_600_000
  expect([1, 2, 3, 4, 5, 6].map(() => refuse())).toEqual([0, 0, 0, 0, 1, 0])
})

test('addresses beyond the bound cost no memory and hide no known one', () => {
  const { observe } = watch()
  for (let at = 0; at < 60_000; at++) {
    observe(
      decided({ reason: 'unknown-key', address: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` }),
    )
  }
  const again = [1, 2, 3, 4].flatMap(() =>
    observe(decided({ reason: 'unknown-key', address: '10.0.0.0' })),
  )
  expect(again).toEqual(['refused-burst'])
})

test('every event has a name for metrics', () => {
  expect(new Set(securityEvents).size).toBe(securityEvents.length)
})
