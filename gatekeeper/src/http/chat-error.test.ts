import { describe, expect, test } from 'vitest'
import { aService, someFacts } from '../../test/support/questions.ts'
import { type Reason, reasonRow, reasons } from '../model/reason.ts'
import { chatError } from './chat-error.ts'
import { renderReason } from './error-response.ts'

const all = Object.keys(reasons) as Reason[]
const service = aService({ name: 'domain-chat', kind: 'chat' })
const factsOf = (query = '', unknown?: readonly string[]) =>
  someFacts({ service, endpoint: null, query, ...(unknown && { unknown }) })
const describeError = (reason: Reason, facts = factsOf()) =>
  (chatError(reason, { facts, requestId: 'r', detail: null }) as { error_description: string })
    .error_description

describe.each(all)('%s', (reason) => {
  test('is {error, error_description} in the words of this dialect', () => {
    const { status, body } = renderReason(reason, { facts: factsOf(), requestId: 'r' })
    const error = JSON.parse(body)
    expect(error.error_description).toMatch(/^[A-Z].*\.$/)
    expect(body).not.toMatch(/\b(?:in)?secure\b|guarded|standard|litellm/i)
    if (status === 401)
      expect(error).toEqual({ error: 'unauthorized', error_description: expect.anything() })
    else expect(error).toMatchObject({ error: reasonRow(reason).code, request_id: 'r' })
  })
})

test('C13: five faults of a credential have five texts, all other bad tokens and keys one each', () => {
  const told = ['no-credential', 'wrong-scheme', 'token-expired', 'token-not-yet-valid'] as const
  const texts = [...told, 'token-signature' as const].map((reason) => describeError(reason))
  expect(new Set(texts).size).toBe(5)
  const tokens = ['token-revoked', 'unknown-issuer', 'token-audience', 'malformed-token'] as const
  expect(new Set(tokens.map((reason) => describeError(reason))).size).toBe(1)
  const keys = ['unknown-key', 'wrong-secret', 'expired-key', 'disabled-key'] as const
  expect(new Set(keys.map((reason) => describeError(reason))).size).toBe(1)
})

test('C7: texts for callers without a credential do not mention a key: limits name requests', () => {
  const met = all.filter((reason) => [413, 429, 502, 503, 504].includes(reasonRow(reason).status))
  // Only a caller with a credential can get these two.
  const others = ['too-many-attempts', 'issuer-keys-unavailable']
  for (const reason of met.filter((one) => !others.includes(one))) {
    expect([reason, describeError(reason)]).toEqual([reason, expect.not.stringMatching(/\bkey\b/i)])
  }
})

describe('C8: unknown parameters are named', () => {
  test.each([[factsOf('x=1', ['x', 'domain=y']), /: x, domain=y\.$/]])('%#', (facts, expected) => {
    expect(describeError('unknown-query', facts)).toMatch(expected)
  })

  test('and shortened: an answer does not copy a long query', () => {
    const many = Array.from({ length: 50 }, () => 'n'.repeat(5_000))
    expect(describeError('unknown-query', factsOf('', many)).length).toBeLessThan(2_000)
  })
})
