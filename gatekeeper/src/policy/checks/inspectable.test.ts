import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion, aService } from '../../../test/support/questions.ts'
import type { RequestFacts } from '../facts.ts'
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
    name: 'an upload whose form nobody reads',
    question: ask({ endpoint: anEndpoint({ model: { in: 'form' } }) }),
    expected: refused,
  },
  {
    name: 'a path that names the model',
    question: ask({ endpoint: anEndpoint({ model: { in: 'path' } }) }),
    expected: null,
  },
  {
    name: 'an opaque service',
    question: ask({ service: aService({ kind: 'http' }) }),
    expected: refused,
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
] as const)('an upload to LiteLLM, whose fields could redirect it, as %s: %s', (role, expected) => {
  const facts = {
    service: aService({ name: 'litellm', kind: 'openai', routes: [] }),
    endpoint: anEndpoint({ body: 'multipart', model: { in: 'form' } }),
  } as const
  expect(inspectable.examine(aQuestion({ caller: aPrincipal({ role }), facts }))).toBe(expected)
})

test('bytes that nobody reads cannot be held to models', () => {
  const endpoint = anEndpoint({ body: 'bytes', model: { in: 'none' }, class: 'use' })
  expect(inspectable.examine(ask({ endpoint }))).toBe(refused)
})
