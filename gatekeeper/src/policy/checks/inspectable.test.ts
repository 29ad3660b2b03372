import { expect, test } from 'vitest'
import {
  anEndpoint,
  aPrincipal,
  aQuestion,
  aRoute,
  aService,
} from '../../../test/support/questions.ts'
import { openaiUsage } from '../../kinds/usage-forms.ts'
import { noCaps } from '../../model/caps.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { type Limit, parseLimit, type ScopedLimit } from '../../model/limit.ts'
import type { Principal } from '../../model/principal.ts'
import { inspectable } from './inspectable.ts'

const ask = (facts: Partial<RequestFacts>, models: readonly string[] = ['m']) =>
  aQuestion({ principal: aPrincipal({ models }), facts })
const refused = 'not-inspected'

test.each([
  { name: 'a JSON body on the relay', question: ask({}), expected: null },
  { name: 'the same on a check route', question: ask({ point: 'check' }), expected: refused },
  {
    name: 'a check route with a key without models',
    question: ask({ point: 'check' }, []),
    expected: null,
  },
  {
    name: 'an upload, whose form is read on its way',
    question: ask({ endpoint: anEndpoint({ body: 'multipart', model: { in: 'form' } }) }),
    expected: null,
  },
  {
    name: 'a path that names the model',
    question: ask({ endpoint: anEndpoint({ model: { in: 'path' } }) }),
    expected: null,
  },
  {
    name: 'a service without models, where no model can be forbidden',
    question: ask({ service: aService({ kind: 'http' }) }),
    expected: null,
  },
  {
    name: 'the gatekeeper’s own endpoints',
    question: ask({ service: aService({ kind: 'own' }) }),
    expected: null,
  },
])('$name: $expected', ({ question, expected }) => {
  expect(inspectable.examine(question)).toBe(expected)
})

test.each([
  ['readwrite', refused],
  ['readonly', refused],
  ['admin', null],
] as const)('an unseen upload to LiteLLM, which could redirect it, as %s: %s', (role, expected) => {
  const facts = {
    point: 'check',
    service: aService({ name: 'litellm', kind: 'openai', routes: [] }),
    endpoint: anEndpoint({ body: 'multipart', model: { in: 'form' } }),
  } as const
  expect(inspectable.examine(aQuestion({ principal: aPrincipal({ role }), facts }))).toBe(expected)
})

test('limits on models cannot be enforced on bytes that are not read', () => {
  const endpoint = anEndpoint({ body: 'bytes', model: { in: 'none' }, class: 'use' })
  expect(inspectable.examine(ask({ endpoint }))).toBe(refused)
})

const checked = (over: Partial<Principal>, limits: readonly ScopedLimit[] = []) =>
  inspectable.examine(aQuestion({ principal: aPrincipal(over), facts: { point: 'check' }, limits }))

test.each([
  ['models of the role', { roleModels: ['m'] }, refused],
  ['no models at the vendor’s', { cloudModels: false }, refused],
  ['nothing said of models at the vendor’s', { cloudModels: null }, null],
  ['a cap', { caps: { ...noCaps, contextTokens: 1 } }, refused],
])('on a check route the gatekeeper does not see %s', (_, over, expected) => {
  expect(checked(over)).toBe(expected)
})

test.each([
  ['60/min', null],
  ['1000/day', null],
  ['1k-tokens/day', refused],
  ['5usd/month', refused],
  ['2-concurrent', refused],
  ['10k-prompt-bytes', refused],
  ['100-output-tokens', refused],
  ['60-stream-seconds', refused],
])('on a check route, with a limit of %s: %j', (text, expected) => {
  const limit = parseLimit(text)
  if (limit === null) throw new Error(text)
  expect(checked({}, [{ scope: 'key', subject: 'key:a', limit }])).toBe(expected)
})

const limited = (text: string, facts: Partial<RequestFacts> = {}) =>
  inspectable.examine(
    aQuestion({
      limits: [{ scope: 'key', subject: 'key:a', limit: parseLimit(text) as Limit }],
      facts,
    }),
  )
const unseen = [
  ...['1k-tokens/day', '1usd/min', '2-concurrent', '1k-prompt-bytes', '1k-output-tokens'],
  '60-stream-seconds',
]

test.each(['60/min', '60/hour burst 5', '5k/day', '5k/month', '5k/lifetime'])(
  '%s is enforced at both points, on every kind of service',
  (text) => {
    for (const point of ['check', 'relay'] as const) {
      expect(limited(text, { point })).toBeNull()
      expect(limited(text, { point, service: aService({ kind: 'http' }) })).toBeNull()
    }
  },
)

test.each(unseen)('%s is enforced on the relay, and refuses on a check route', (text) => {
  expect(limited(text)).toBeNull()
  expect(limited(text, { point: 'check' })).toBe(refused)
})

test.each([
  ['1k-tokens/day', null],
  ['1usd/min', null],
  ['1k-prompt-bytes', refused],
  ['1k-output-tokens', null],
  ['2-concurrent', null],
  ['60-stream-seconds', null],
])('%s at an opaque service that is relayed: %s', (text, expected) => {
  expect(limited(text, { service: aService({ kind: 'http' }) })).toBe(expected)
})

const aPrice = { inputMicroUsdPerMillion: 1, outputMicroUsdPerMillion: 1 }

test.each(['1k-tokens/day', '1usd/min', '1k-output-tokens'])(
  '%s has no effect without models, at either point, unless there is a price',
  (text) => {
    for (const point of ['check', 'relay'] as const) {
      expect(limited(text, { point, service: aService({ kind: 'http' }) })).toBeNull()
      const priced = aService({ kind: 'http', prices: [{ model: '*', price: aPrice }] })
      expect(limited(text, { point, service: priced })).toBe(refused)
    }
  },
)

test('a refusal names the limit, the route, and where to go instead', () => {
  const routes = [aRoute({ prefix: '/chat', mode: 'check' }), aRoute({ prefix: '/api' })]
  const question = aQuestion({
    limits: [{ scope: 'role', subject: 'role:a', limit: parseLimit('9-tokens/day') as Limit }],
    facts: { point: 'check', service: aService({ routes }), route: routes[0] ?? null },
  })
  expect(inspectable.describe?.(question)).toEqual({
    text: 'The limit 9-tokens/day cannot be enforced on /chat, where only the head of a request is checked. Use /api instead, or ask the operator to set mode: relay for /chat.',
    param: null,
  })
})

test.each([
  ['an upload whose answer has figures', { body: 'multipart', usage: openaiUsage }, null],
  ['an upload whose answer has none', { body: 'multipart', usage: null }, refused],
  ['bytes that are used', { body: 'bytes', usage: null }, refused],
  ['bytes of administration', { body: 'bytes', usage: null, class: 'manage' }, null],
] as const)('tokens in %s: %s', (_, endpoint, expected) => {
  expect(limited('1k-tokens/day', { endpoint: anEndpoint(endpoint) })).toBe(expected)
})

test('caps of a key refuse on a check route, where the body is not read', () => {
  const principal = aPrincipal({ caps: { ...noCaps, contextTokens: 4096 } })
  expect(inspectable.examine(aQuestion({ principal }))).toBeNull()
  expect(inspectable.examine(aQuestion({ principal, facts: { point: 'check' } }))).toBe(refused)
})

test('the gatekeeper’s own endpoints are never refused: they report what is left', () => {
  expect(
    limited('1k-tokens/day', { point: 'check', service: aService({ kind: 'own' }) }),
  ).toBeNull()
})
