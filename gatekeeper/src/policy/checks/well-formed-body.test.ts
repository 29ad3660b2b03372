import { expect, test } from 'vitest'
import { aQuestion } from '../../../test/support/questions.ts'
import { noBody } from '../../model/facts.ts'
import { wellFormedBody } from './well-formed-body.ts'

const ask = (defect: 'body-ambiguous' | null) => aQuestion({ body: { ...noBody, defect } })

test.each([
  { name: 'a body in order', question: ask(null), expected: null },
  { name: 'a body with two readings', question: ask('body-ambiguous'), expected: 'body-ambiguous' },
  { name: 'a body that was not read', question: aQuestion(), expected: 'check-failed' },
])('$name: $expected', ({ question, expected }) => {
  expect(wellFormedBody.examine(question)).toBe(expected)
})
