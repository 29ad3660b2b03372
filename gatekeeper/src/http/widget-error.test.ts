import { describe, expect, it } from 'vitest'
import type { LimitScope, Standing } from '../model/limit.ts'
import type { Reason } from '../model/reason.ts'
import { widgetWordOf } from '../model/widget-word.ts'
import { widgetError } from './widget-error.ts'

const standing = (scope: LimitScope, unit: Standing['unit']): Standing => ({
  ...{ scope, unit, subject: 'x', text: '5/min', amount: 5, used: 5, remaining: 0 },
  ...{ resetAt: 1_800_000_000_000, periodSeconds: 60 },
})

describe('the word of a refusal', () => {
  it.each<[Reason, LimitScope | null, Standing['unit'], string]>([
    ['rate-limited', 'address', 'requests', 'RateLimitExceeded'],
    ['rate-limited', null, 'requests', 'RateLimitExceeded'],
    ['rate-limited', 'key', 'requests', 'RequestLimitExceeded'],
    ['rate-limited', 'key', 'tokens', 'TokenLimitExceeded'],
    ['quota-exceeded', 'address', 'tokens', 'TokenLimitExceeded'],
    ['quota-exceeded', 'network', 'requests', 'RequestLimitExceeded'],
    ['quota-exceeded', 'network', 'tokens', 'TokenLimitExceeded'],
    ['quota-exceeded', 'service', 'requests', 'BudgetExceeded'],
    ['quota-exceeded', 'service', 'micro-usd', 'BudgetExceeded'],
    ['quota-exceeded', 'global', 'tokens', 'BudgetExceeded'],
    ['body-malformed', null, 'requests', 'ValidationError'],
    ['token-expired', null, 'requests', 'Unauthorized'],
    ['provider-quota-exceeded', null, 'requests', 'ProviderQuotaExceeded'],
    ['origin-not-allowed', null, 'requests', 'Forbidden'],
    ['prompt-too-large', null, 'requests', 'PromptTooLong'],
    ['upstream-failed', null, 'requests', 'UpstreamError'],
    ['upstream-busy', null, 'requests', 'ServiceUnavailable'],
    ['upstream-timeout', null, 'requests', 'Timeout'],
  ])('%s by %s %s is %s', (reason, scope, unit, word) => {
    expect(widgetWordOf(reason, scope === null ? null : standing(scope, unit))).toBe(word)
  })
})

it('the text of the first limit is that of the contract', () => {
  const refused = { detail: null, refusal: null, waitMs: 11_200 }
  expect(widgetError('rate-limited', refused)).toEqual({
    error: 'RateLimitExceeded',
    message: 'You have exceeded the allowed number of requests. Try again in 12 seconds.',
    statusCode: 429,
  })
})

it('a limit of the visitor says how it stands, and the budget of all does not', () => {
  const of = (scope: LimitScope, unit: Standing['unit']) => {
    const limit = standing(scope, unit)
    const refusal = { reason: 'quota-exceeded', limit, retryAfterMs: 1_000 } as const
    return widgetError('quota-exceeded', { detail: null, refusal, waitMs: 1_000 })
  }
  const counter = { used: 5, remaining: 0, limit: 5, resetAt: '2027-01-15T08:00:00.000Z' }
  expect(of('key', 'tokens')).toMatchObject({ usage: { tokens: counter } })
  expect(of('network', 'requests')).toMatchObject({ usage: { requests: counter } })
  expect(of('service', 'micro-usd')).not.toHaveProperty('usage')
  expect(JSON.stringify(of('service', 'micro-usd'))).not.toMatch(/usd|5/i)
})
