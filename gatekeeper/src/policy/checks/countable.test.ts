import { expect, test } from 'vitest'
import {
  anEndpoint,
  aPrincipal,
  aQuestion,
  aRoute,
  aService,
} from '../../../test/support/questions.ts'
import { noCaps } from '../../model/caps.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { type Limit, parseLimit } from '../../model/limit.ts'
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
  ['1k-tokens/day', null],
  ['1usd/min', null],
  ['1k-prompt-bytes', refused],
  ['1k-output-tokens', null],
  ['2-concurrent', null],
  ['60-stream-seconds', null],
])('%s at an opaque service that is relayed: %s', (text, expected) => {
  expect(ask(text, { service: aService({ kind: 'http' }) })).toBe(expected)
})

const aPrice = { inputMicroUsdPerMillion: 1, outputMicroUsdPerMillion: 1 }

test.each(['1k-tokens/day', '1usd/min', '1k-output-tokens'])(
  '%s means nothing where no models are, at either point, unless there is a price',
  (text) => {
    for (const point of ['check', 'relay'] as const) {
      expect(ask(text, { point, service: aService({ kind: 'http' }) })).toBeNull()
      const priced = aService({ kind: 'http', prices: [{ model: '*', price: aPrice }] })
      expect(ask(text, { point, service: priced })).toBe(refused)
    }
  },
)

test('a refusal names the limit, the route, and where to go instead', () => {
  const routes = [aRoute({ prefix: '/chat', mode: 'check' }), aRoute({ prefix: '/api' })]
  const question = aQuestion({
    limits: [{ scope: 'role', subject: 'role:a', limit: parseLimit('9-tokens/day') as Limit }],
    facts: { point: 'check', service: aService({ routes }), route: routes[0] ?? null },
  })
  expect(countable.describe?.(question)).toEqual({
    text: 'The limit 9-tokens/day cannot be held on /chat, where only the head of a request is seen. Use /api instead, or ask the operator to set mode: relay for /chat.',
    param: null,
  })
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
