import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion, aService } from '../../../test/support/questions.ts'
import { noCaps } from '../caps.ts'
import type { RequestFacts } from '../facts.ts'
import { type Limit, parseLimit } from '../limit.ts'
import { countable } from './countable.ts'

const ask = (text: string, facts: Partial<RequestFacts> = {}) =>
  countable.examine(
    aQuestion({
      limits: [{ scope: 'key', subject: 'key:a', limit: parseLimit(text) as Limit }],
      facts,
    }),
  )
const refused = 'not-inspected'
const unseen = [
  ...['1k-tokens/day', '1usd/min', '2-concurrent', '1k-prompt-bytes', '1k-output-tokens'],
  '60-stream-seconds',
]

test.each(['60/min', '60/hour burst 5', '5k/day', '5k/month', '5k/lifetime'])(
  '%s is kept at both points, on every kind of service',
  (text) => {
    for (const point of ['check', 'relay'] as const) {
      expect(ask(text, { point })).toBeNull()
      expect(ask(text, { point, service: aService({ kind: 'http' }) })).toBeNull()
    }
  },
)

test.each(unseen)('%s is kept on the relay, and refuses on a check route', (text) => {
  expect(ask(text)).toBeNull()
  expect(ask(text, { point: 'check' })).toBe(refused)
})

test.each([
  ['1k-tokens/day', refused],
  ['1usd/min', refused],
  ['1k-prompt-bytes', refused],
  ['1k-output-tokens', refused],
  ['2-concurrent', null],
  ['60-stream-seconds', null],
])('%s at an opaque service that is relayed: %s', (text, expected) => {
  expect(ask(text, { service: aService({ kind: 'http' }) })).toBe(expected)
})

test.each([
  ['an upload whose answer has figures', { body: 'multipart', usage: 'openai' }, null],
  ['an upload whose answer has none', { body: 'multipart', usage: 'none' }, refused],
  ['bytes that are used', { body: 'bytes', usage: 'none' }, refused],
  ['bytes of administration', { body: 'bytes', usage: 'none', class: 'manage' }, null],
] as const)('tokens in %s: %s', (_, endpoint, expected) => {
  expect(ask('1k-tokens/day', { endpoint: anEndpoint(endpoint) })).toBe(expected)
})

test('caps of a key refuse on a check route, where nobody reads what they cap', () => {
  const caller = aPrincipal({ caps: { ...noCaps, contextTokens: 4096 } })
  expect(countable.examine(aQuestion({ caller }))).toBeNull()
  expect(countable.examine(aQuestion({ caller, facts: { point: 'check' } }))).toBe(refused)
})

test('the gatekeeper’s own endpoints are never refused: they tell what is left', () => {
  expect(ask('1k-tokens/day', { point: 'check', service: aService({ kind: 'own' }) })).toBeNull()
})
