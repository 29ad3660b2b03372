import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { noBody } from '../../model/facts.ts'
import { allowedModel } from './allowed-model.ts'

const granted = ['m:latest', 'n:7b']
const bodyWith = (models: readonly string[]) => ({
  ...noBody,
  models,
  grantedModels: models.filter((model) => granted.includes(model)),
  cloudModels: models.filter((model) => model.endsWith(':cloud')),
})

const limited = aPrincipal({ models: ['m'] })
const ask = (models: readonly string[], endpoint = anEndpoint()) =>
  aQuestion({
    principal: limited,
    facts: { endpoint },
    body: bodyWith(models),
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
  {
    name: 'a body that was not read',
    question: aQuestion({ principal: limited }),
    expected: refused,
  },
  {
    name: 'a form whose fields nobody read',
    question: ask([], anEndpoint({ body: 'multipart', model: { in: 'form' } })),
    expected: refused,
  },
  {
    name: 'an endpoint without a model',
    question: ask([], anEndpoint({ model: { in: 'none' } })),
    expected: null,
  },
])('$name: $expected', ({ question, expected }) => {
  expect(allowedModel.examine(question)).toBe(expected)
})

test('no model is allowed at an unknown endpoint', () => {
  expect(allowedModel.examine(aQuestion({ principal: limited, facts: { endpoint: null } }))).toBe(
    refused,
  )
})

test('the list of a role restricts a key that has none of its own', () => {
  const principal = aPrincipal({ roleModels: ['m'] })
  const ofRole = (models: readonly string[]) =>
    allowedModel.examine(aQuestion({ principal, body: bodyWith(models) }))
  expect([ofRole(['m:latest']), ofRole(['x:latest']), ofRole([])]).toEqual([null, refused, refused])
})

test.each([
  [null, refused],
  [false, refused],
  [true, null],
])('a cloud model with cloudModels %j: %j', (cloudModels, expected) => {
  const principal = aPrincipal({ cloudModels })
  expect(allowedModel.examine(aQuestion({ principal, body: bodyWith(['m:cloud']) }))).toBe(expected)
})

test('a value that is not a string is allowed to nobody, even for a key without a list of models', () => {
  expect(allowedModel.examine(aQuestion({ body: bodyWith(['\0']) }))).toBe(refused)
})

test('an upload is checked while it is forwarded, not before', () => {
  const endpoint = anEndpoint({ body: 'multipart', model: { in: 'form' } })
  const body = { ...noBody, isOnItsWay: true }
  expect(
    allowedModel.examine(aQuestion({ principal: limited, facts: { endpoint }, body })),
  ).toBeNull()
})

test.each([
  ['a key with models', aPrincipal({ models: ['m'], cloudModels: true }), true],
  ['a role with models', aPrincipal({ roleModels: ['m'], cloudModels: true }), true],
  ['a key without the vendor’s models', aPrincipal(), true],
  ['a key that may use everything', aPrincipal({ cloudModels: true }), false],
])('a list of models is filtered for %s: %j', (_, principal, isFiltered) => {
  const endpoint = anEndpoint({ listsModels: true, model: { in: 'none' } })
  const owed = allowedModel.oblige?.(aQuestion({ principal, facts: { endpoint } }))
  expect(owed).toEqual(isFiltered ? { kind: 'filter-models' } : null)
})
