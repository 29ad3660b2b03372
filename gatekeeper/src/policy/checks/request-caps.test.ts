import { expect, test } from 'vitest'
import { anEndpoint, aQuestion, aService } from '../../../test/support/questions.ts'
import { type BodyFacts, noBody, type RequestFacts } from '../../model/facts.ts'
import { type Limit, parseLimit } from '../../model/limit.ts'
import { cappedOutput, endedStream, withinPrompt } from './request-caps.ts'

const scopes = ['global', 'service', 'role', 'user', 'key'] as const
const question = (
  texts: readonly string[],
  body: Partial<BodyFacts> = {},
  facts: Partial<RequestFacts> = {},
) =>
  aQuestion({
    limits: texts.map((text, at) => {
      const scope = scopes[at % scopes.length] ?? 'key'
      return { scope, subject: scope, limit: parseLimit(text) as Limit }
    }),
    body: { ...noBody, ...body },
    facts,
  })

test.each([
  [['100-prompt-bytes'], 100, null],
  [['100-prompt-bytes'], 101, 'prompt-too-large'],
  [['1k-prompt-bytes', '100-prompt-bytes', '10k-prompt-bytes'], 101, 'prompt-too-large'],
  [['60/min', '1k-tokens/day'], 1_000_000, null],
  [[], 1_000_000, null],
] as const)('of %j a prompt of %i bytes: %s', (texts, promptBytes, expected) => {
  expect(withinPrompt.examine(question(texts, { promptBytes }))).toBe(expected)
})

test.each([
  ['asks for more', ['100-output-tokens'], 101, 100],
  ['asks for as much', ['100-output-tokens'], 100, null],
  ['asks for no number', ['100-output-tokens'], null, 100],
  ['has several', ['500-output-tokens', '100-output-tokens'], 1000, 100],
  ['has none', ['60/min'], null, null],
] as const)('a request that %s under %j (%s) gets %s', (_, texts, outputTokens, expected) => {
  const owed = cappedOutput.oblige?.(question(texts, { outputTokens }))
  expect(owed ?? null).toEqual(
    expected === null ? null : { kind: 'cap-output', outputTokens: expected },
  )
})

test('a request that makes no text has no output to cap', () => {
  const facts = { endpoint: anEndpoint({ output: [] }) }
  expect(cappedOutput.oblige?.(question(['100-output-tokens'], {}, facts))).toBeNull()
})

test('an answer is ended after the shortest time that any limit says', () => {
  const limits = ['600-stream-seconds', '60-stream-seconds']
  expect(endedStream.oblige?.(question(limits))).toEqual({ kind: 'end-stream', seconds: 60 })
  expect(endedStream.oblige?.(question(['60/min']))).toBeNull()
  const own = { service: aService({ kind: 'own' }) }
  expect(endedStream.oblige?.(question(limits, {}, own))).toBeNull()
})
