import type { Standing } from './limit.ts'
import { type Reason, type ReasonRow, reasonRow } from './reason.ts'

/** What `error` can be in an answer of the chat widget. */
export type WidgetWord =
  | 'ValidationError'
  | 'Unauthorized'
  | 'ProviderQuotaExceeded'
  | 'Forbidden'
  | 'NotFound'
  | 'PromptTooLong'
  | 'RateLimitExceeded'
  | 'RequestLimitExceeded'
  | 'TokenLimitExceeded'
  | 'BudgetExceeded'
  | 'UpstreamError'
  | 'ServiceUnavailable'
  | 'Timeout'

const usual: Readonly<Record<ReasonRow['status'], WidgetWord>> = {
  400: 'ValidationError',
  401: 'Unauthorized',
  402: 'ProviderQuotaExceeded',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'ValidationError',
  413: 'PromptTooLong',
  415: 'ValidationError',
  426: 'ValidationError',
  429: 'RateLimitExceeded',
  502: 'UpstreamError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** Returns the word of a refusal. */
export function widgetWordOf(reason: Reason, limit: Standing | null): WidgetWord {
  const { status } = reasonRow(reason)
  if (status !== 429 || limit === null) return usual[status]
  const { scope, unit } = limit
  if (scope === 'service' || scope === 'global') return 'BudgetExceeded'
  if (unit === 'tokens') return 'TokenLimitExceeded'
  if (unit === 'micro-usd') return 'BudgetExceeded'
  return scope === 'address' ? 'RateLimitExceeded' : 'RequestLimitExceeded'
}
