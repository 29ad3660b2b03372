/**
 * The only place where a reason becomes an answer: status, fields, and a body in the dialect that
 * the client's library reads. The text is the reason's public one; no exception ever gets here.
 */
import type { Dialect } from '../policy/endpoint.ts'
import type { RequestFacts } from '../policy/facts.ts'
import { type Reason, type ReasonRow, reasonRow } from '../policy/reason.ts'
import { corsFields } from './cors.ts'

export type Answer = {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}

/** Renders a refusal; `facts` is null where the request was refused before it was read. */
export function renderReason(
  reason: Reason,
  facts: RequestFacts | null,
  requestId: string,
): Answer {
  const row = reasonRow(reason)
  return {
    status: row.status,
    fields: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(row.challenge && { 'www-authenticate': challenge(facts) }),
      ...(row.retryAfterSeconds && { 'retry-after': String(row.retryAfterSeconds) }),
      // A repetition cannot change these; SDKs try 3 times otherwise.
      ...(row.status === 403 && { 'x-should-retry': 'false' }),
      ...(facts && corsFields(facts)),
    },
    body: JSON.stringify(bodies[dialectOf(facts)](row, requestId)),
  }
}

/** A browser that opens a page may ask its user; a script never gets a pop-up. */
function challenge(facts: RequestFacts | null): string {
  const isPage = facts?.route?.browser === 'basic' && facts.isNavigation
  return isPage ? 'Basic realm="gatekeeper", charset="UTF-8"' : 'Bearer realm="gatekeeper"'
}

function dialectOf(facts: RequestFacts | null): Dialect {
  if (facts?.endpoint) return facts.endpoint.dialect
  if (facts?.service?.kind !== 'ollama') return 'openai'
  return facts.endpointPath.startsWith('/v1') ? 'openai' : 'ollama'
}

const bodies: Readonly<Record<Dialect, (row: ReasonRow, requestId: string) => unknown>> = {
  // ollama-js prints `[object Object]` for anything but a text.
  ollama: (row) => ({ error: row.text }),
  // One form that the OpenAI and the Anthropic libraries both read whole.
  openai: (row, requestId) => ({
    type: 'error',
    error: { message: row.text, type: row.type, param: null, code: row.code },
    request_id: requestId,
  }),
  oauth: (row) => ({ error: row.code, error_description: row.text }),
  widget: (row) => ({ error: row.code, message: row.text }),
}
