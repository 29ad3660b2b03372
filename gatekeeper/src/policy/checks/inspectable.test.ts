import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion, aService } from '../../../test/support/questions.ts'
import { noCaps } from '../../model/caps.ts'
import type { RequestFacts } from '../../model/facts.ts'
import type { ScopedLimit } from '../../model/limit.ts'
import { parseLimit } from '../../model/limit.ts'
import type { Principal } from '../../model/principal.ts'
import { inspectable } from './inspectable.ts'

const ask = (facts: Partial<RequestFacts>, models: readonly string[] = ['m']) =>
  aQuestion({ caller: aPrincipal({ models }), facts })
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
    name: 'a service without models, where none can be another',
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
  expect(inspectable.examine(aQuestion({ caller: aPrincipal({ role }), facts }))).toBe(expected)
})

test('bytes that nobody reads cannot be held to models', () => {
  const endpoint = anEndpoint({ body: 'bytes', model: { in: 'none' }, class: 'use' })
  expect(inspectable.examine(ask({ endpoint }))).toBe(refused)
})

const checked = (over: Partial<Principal>, limits: readonly ScopedLimit[] = []) =>
  inspectable.examine(aQuestion({ caller: aPrincipal(over), facts: { point: 'check' }, limits }))

test.each([
  ['models of the role', { roleModels: ['m'] }, refused],
  ['no models at the vendor’s', { cloudModels: false }, refused],
  ['nothing said of models at the vendor’s', { cloudModels: null }, null],
  ['a cap', { caps: { ...noCaps, contextTokens: 1 } }, refused],
])('on a check route nobody sees %s', (_, over, expected) => {
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
