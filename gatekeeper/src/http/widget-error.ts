/**
 * Errors of the chat widget: `{error, message, statusCode}`, and for a limit of use how it stands. A
 * page shows the message to its visitor, so it speaks of requests and not of keys.
 */
import type { Refusal } from '../model/admission.ts'
import type { Detail } from '../model/detail.ts'
import { type Reason, reasonRow } from '../model/reason.ts'
import { describeCounter } from '../model/widget-usage.ts'
import { type WidgetWord, widgetWordOf } from '../model/widget-word.ts'

/** Texts of this dialect, for people who know nothing of keys; all other reasons have their own. */
const texts: Readonly<Partial<Record<Reason, string>>> = {
  'no-credential': 'A token is required. Get one from /widget/api/tokens.',
  'origin-not-allowed': 'This page may not use the chat.',
  'cross-site': 'This page may not use the chat.',
}
const badToken = 'The token is not valid, or has expired. Get a new one.'

export type WidgetRefused = {
  readonly detail: Detail | null
  readonly refusal: Refusal | null
  /** When to try again; 0 if that is not known. */
  readonly waitMs: number
}

/** Returns the body of a refusal. */
export function widgetError(reason: Reason, refused: WidgetRefused): object {
  const limit = refused.refusal?.limit ?? null
  const { status } = reasonRow(reason)
  const error = widgetWordOf(reason, limit)
  const unit = limit?.unit === 'tokens' ? 'tokens' : 'requests'
  const isOfVisitor = error === 'RequestLimitExceeded' || error === 'TokenLimitExceeded'
  return {
    ...{ error, message: messageOf(reason, error, refused), statusCode: status },
    ...(isOfVisitor && limit !== null && { usage: { [unit]: describeCounter(limit) } }),
  }
}

/** Returns what an event says that ends a stream for this reason. */
export function widgetErrorEvent(reason: Reason): object {
  const none = { detail: null, refusal: null, waitMs: 0 }
  const error = widgetWordOf(reason, null)
  return { error, message: messageOf(reason, error, none) }
}

function messageOf(reason: Reason, word: WidgetWord, { detail, waitMs }: WidgetRefused): string {
  const row = reasonRow(reason)
  const again = waitMs > 0 ? ` Try again in ${Math.ceil(waitMs / 1000)} seconds.` : ''
  switch (word) {
    case 'RateLimitExceeded':
      return `You have exceeded the allowed number of requests.${again}`
    case 'RequestLimitExceeded':
      return `You have used all requests that you may send for now.${again}`
    case 'TokenLimitExceeded':
      return `You have used all that you may ask for now.${again}`
    case 'BudgetExceeded':
      return `The chat is closed: all that it may use for now is used up.${again}`
    case 'Unauthorized':
      return texts[reason] ?? badToken
    default:
      return detail?.text ?? texts[reason] ?? row.text
  }
}
