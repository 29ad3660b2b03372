import { pagePolicy, reasonPage } from '../policy/reason-page.ts'
import type { Answer } from './answer.ts'

/** Whether a browser opens a page: it asks for HTML. */
export function acceptsPage(accept: string | undefined): boolean {
  return /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(accept ?? '')
}

/** Turns a refusal into a page with `text`; status and all other fields stay. */
export function pageOf(answer: Answer, text: string): Answer {
  const { status, fields } = answer
  const { 'x-request-id': requestId = '', 'retry-after': waitSeconds = null } = fields
  return {
    status,
    fields: {
      ...fields,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
    },
    body: `${reasonPage({ status, text, requestId, waitSeconds })}\n`,
  }
}
