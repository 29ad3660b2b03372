import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal } from '../../test/support/questions.ts'
import type { Refusal } from './admission.ts'
import type { Standing } from './limit.ts'
import { describeRefusal } from './limit-text.ts'
import { anonymous, type Principal } from './principal.ts'

const midnight = Date.parse('2026-11-30T00:00:00Z')
const day: Standing = {
  ...{ scope: 'key', subject: 'key:a', text: '3k-tokens/day', unit: 'tokens', amount: 3_000 },
  ...{ used: 0, remaining: 3_000, resetAt: midnight, periodSeconds: 86_400 },
}
const refusal = (limit: Partial<Standing>, over: Partial<Refusal> = {}): Refusal => ({
  ...{ reason: 'quota-exceeded', limit: { ...day, ...limit }, retryAfterMs: 1, againAt: midnight },
  ...over,
})
const endpoint = anEndpoint({ output: ['max_tokens', 'max_completion_tokens'] })
const say = (refused: Refusal, principal: Principal = aPrincipal()) =>
  describeRefusal(refused, { facts: { endpoint }, principal })
const asked = { units: 32_012, inputTokens: 12, outputTokens: 32_000 }

describe('a request that is larger than what is left', () => {
  test('gets a text with what it may use, what is left of which limit until when, and what to do', () => {
    expect(say(refusal({}, { asked, retryAfterMs: null, againAt: null }))).toEqual({
      text: 'This request may use up to 32,012 tokens, with 32,000 tokens of output; 3,000 are left of 3k-tokens/day until 2026-11-30T00:00:00Z; ask for less (max_tokens).',
      param: 'max_tokens',
    })
  })

  test('in money', () => {
    const usd = {
      unit: 'micro-usd',
      text: '0.50usd/day',
      amount: 500_000,
      remaining: 4_200,
    } as const
    expect(say(refusal(usd, { asked: { ...asked, units: 250_000 } }))?.text).toBe(
      'This request may cost up to 0.25 USD, with 32,000 tokens of output; 0.0042 USD are left of 0.50usd/day until 2026-11-30T00:00:00Z; ask for less (max_tokens).',
    )
  })

  test('with a prompt that is too long by itself gets no advice to ask for less output', () => {
    const text = say(
      refusal({}, { asked: { units: 9_000, inputTokens: 9_000, outputTokens: 0 } }),
    )?.text
    expect(text).toContain('send a shorter prompt')
    expect(text).not.toContain('max_tokens')
  })
})

describe('a limit that is used up', () => {
  test.each([
    [
      { text: '3/day', unit: 'requests', amount: 3, used: 3, remaining: 0 },
      'The limit 3/day of this key is used up: 3 of 3 requests. It resets at 2026-11-30T00:00:00Z.',
    ],
    [
      { used: 3_100, remaining: 0 },
      'The limit 3k-tokens/day of this key is used up: 3,100 of 3,000 tokens. It resets at 2026-11-30T00:00:00Z.',
    ],
    [
      {
        scope: 'global',
        text: '60/min',
        unit: 'requests',
        amount: 60,
        used: 60,
        remaining: 0,
        periodSeconds: 60,
        isRate: true,
      },
      'Too many requests: the limit 60/min of all callers together is reached: 60 of 60 requests. Try again at 2026-11-30T00:00:00Z.',
    ],
  ] as const)('%j', (limit, text) => {
    expect(say(refusal(limit))?.text).toBe(text)
  })

  test('is reported also to a request for much: only a limit with nothing left is used up', () => {
    expect(say(refusal({ used: 3_000, remaining: 0 }, { asked }))?.text).toContain('used up')
    expect(say(refusal({}, { asked }))?.text).not.toContain('used up')
  })

  test('forever', () => {
    const never = { remaining: 0, used: 9, periodSeconds: null, resetAt: null }
    const text = say(refusal(never, { retryAfterMs: null, againAt: null }))?.text
    expect(text).toMatch(/It does not reset\.$/)
  })

  test('of requests at a time', () => {
    const two = {
      unit: 'concurrent',
      text: '2-concurrent',
      amount: 2,
      used: 2,
      scope: 'user',
    } as const
    expect(say(refusal(two))?.text).toBe(
      'Too many requests at the same time: 2 requests are running or waiting, and the limit 2-concurrent of this user allows no more. Try again when one has finished.',
    )
  })
})

test('a text for a caller without a key does not mention a key', () => {
  const used = refusal({ remaining: 0 })
  expect(say(used, anonymous)?.text).not.toMatch(/key/)
  expect(say(used, aPrincipal({ kind: 'token' }))?.text).toContain('this access token')
})

test('a full queue is not a limit of the caller', () => {
  expect(say({ reason: 'queue-full', limit: null, retryAfterMs: null })).toBeNull()
})
