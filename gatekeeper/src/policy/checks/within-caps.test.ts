import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { noCaps } from '../../model/caps.ts'
import { noBody } from '../../model/facts.ts'
import { withinCaps } from './within-caps.ts'

const caps = { keepAliveSeconds: 600, contextTokens: 8192, outputTokens: 100, imageBytes: 1000 }
const ask = (body: Partial<typeof noBody>, principal = {}) =>
  aQuestion({ principal: aPrincipal({ caps, ...principal }), body: { ...noBody, ...body } })

test.each([
  ['nothing that is capped', {}, null],
  ['keep_alive at its cap', { keepAliveSeconds: 600 }, null],
  ['keep_alive above it', { keepAliveSeconds: 601 }, 'keep-alive-too-long'],
  ['keep_alive forever', { keepAliveSeconds: Number.POSITIVE_INFINITY }, 'keep-alive-too-long'],
  ['the largest context', { contextTokens: 8192 }, null],
  ['a larger context', { contextTokens: 8193 }, 'context-too-large'],
  ['an image of the largest size', { imageBytes: 1000 }, null],
  ['a larger image', { imageBytes: 1001 }, 'images-too-large'],
  ['an image by its address', { imageBytes: Number.POSITIVE_INFINITY }, 'images-too-large'],
  ['the longest output', { outputTokens: 100 }, null],
  ['a longer output', { outputTokens: 101 }, 'output-too-long'],
])('%s: %j is %j', (_, body, expected) => {
  expect(withinCaps.examine(ask(body))).toBe(expected)
  expect(withinCaps.examine(ask(body, { caps: noCaps }))).toBeNull()
})

test('longer output is cut and not refused if the policy says so', () => {
  const question = ask({ outputTokens: 101 }, { capOutput: true })
  expect(withinCaps.examine(question)).toBeNull()
  expect(withinCaps.oblige?.(question)).toEqual({ kind: 'cap-output', outputTokens: 100 })
})

test('output without a bound in the request gets the cap as its bound', () => {
  expect(withinCaps.oblige?.(ask({}))).toEqual({ kind: 'cap-output', outputTokens: 100 })
})

test('a request without output has none to cut', () => {
  const facts = { endpoint: anEndpoint({ output: [] }) }
  expect(withinCaps.oblige?.({ ...ask({}), ...aQuestion({ facts }) })).toBeNull()
  expect(withinCaps.oblige?.(ask({ isUnload: true }))).toBeNull()
})
