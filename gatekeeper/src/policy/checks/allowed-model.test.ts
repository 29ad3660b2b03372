import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { allowedModel } from './allowed-model.ts'

const limited = aPrincipal({ models: ['m'] })
const ask = (models: readonly string[], endpoint = anEndpoint()) =>
  aQuestion({
    caller: limited,
    facts: { endpoint },
    body: { models, allowedModels: ['m:latest', 'n:7b'], defect: null },
  })
const refused = 'model-not-allowed'

test.each([
  { name: 'a key without models', question: aQuestion(), expected: null },
  { name: 'a model of the key', question: ask(['m:latest']), expected: null },
  { name: 'two models of the key', question: ask(['m:latest', 'n:7b']), expected: null },
  { name: 'another model', question: ask(['x:latest']), expected: refused },
  { name: 'another tag', question: ask(['m:70b']), expected: refused },
  {
    name: 'a forbidden one beside an allowed one',
    question: ask(['m:latest', 'x:1']),
    expected: refused,
  },
  { name: 'the other way round', question: ask(['x:1', 'm:latest']), expected: refused },
  { name: 'no model: the upstream would choose', question: ask([]), expected: refused },
  { name: 'the empty name', question: ask(['']), expected: refused },
  { name: 'a part of a name', question: ask(['m']), expected: refused },
  { name: 'a body that was not read', question: aQuestion({ caller: limited }), expected: refused },
  {
    name: 'a form whose fields nobody read',
    question: ask([], anEndpoint({ body: 'multipart', model: { in: 'form' } })),
    expected: refused,
  },
  {
    name: 'an endpoint where no model stands',
    question: ask([], anEndpoint({ model: { in: 'none' } })),
    expected: null,
  },
])('$name: $expected', ({ question, expected }) => {
  expect(allowedModel.examine(question)).toBe(expected)
})

test('where the endpoint is not known, no model is allowed', () => {
  expect(allowedModel.examine(aQuestion({ caller: limited, facts: { endpoint: null } }))).toBe(
    refused,
  )
})
