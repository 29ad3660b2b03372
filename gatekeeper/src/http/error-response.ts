/**
 * The only place that turns a reason into an answer: status, fields, and a body in the dialect that
 * the client's library reads. The text is the public text of the reason; exceptions never reach
 * this file.
 */
import type { Refusal } from '../model/admission.ts'
import type { Detail } from '../model/detail.ts'
import type { Dialect } from '../model/endpoint.ts'
import type { RequestFacts } from '../model/facts.ts'
import { type Reason, type ReasonRow, reasonRow } from '../model/reason.ts'
import type { Answer } from './answer.ts'
import { bridgeError } from './bridge-error.ts'
import { chatError } from './chat-error.ts'
import { corsFields } from './cors.ts'
import { geminiError } from './gemini-error.ts'
import { limitFields, type Retry, retryFields, retryOf } from './limit-fields.ts'
import { acceptsPage, pageOf } from './refusal-page.ts'
import { widgetError } from './widget-error.ts'

/** What is known about a refused request; `facts` is null if it was refused before it was read. */
export type Refused = {
  readonly facts: RequestFacts | null
  readonly requestId: string
  /** The refusal of a limit: how the limit stands, and when to try again (epoch ms). */
  readonly refusal?: Refusal | null
  /** Details for the text, if the check knows more than the reason says. */
  readonly detail?: Detail | null
  readonly now?: number
  /** Whether there are `X-RateLimit-*` fields too. */
  readonly hasLegacy?: boolean
  /** Where clients learn which issuers are accepted (RFC 9728 §5.1); null if only our own are. */
  readonly resourceMetadata?: string | null
  /** The Accept field: a browser that opens a page gets a page. */
  readonly accept?: string | undefined
}

/** Returns the answer for a reason. */
export function renderReason(reason: Reason, refused: Refused): Answer {
  const { facts, requestId, refusal = null, detail = null, now = 0 } = refused
  const { resourceMetadata = null, accept, hasLegacy = true } = refused
  const row = reasonRow(reason)
  const retry = retryFor(row, { facts, refusal, detail })
  const endpoint = facts?.endpoint ?? null
  const answer = {
    status: row.status,
    fields: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(row.challenge && { 'www-authenticate': challenge(facts, resourceMetadata) }),
      ...retryFields(row, retry, dialectOf(facts)),
      ...(refusal?.limit && limitFields([refusal.limit], { now, endpoint, hasLegacy })),
      ...(dialectOf(facts) === 'widget' && { vary: 'Origin' }),
      ...(facts && corsFields(facts)),
    },
    body: JSON.stringify(renderBody(reason, row, { facts, requestId, detail, refusal, retry })),
  }
  const isPage = isForPerson(facts) && facts?.isNavigation === true && acceptsPage(accept)
  if (!isPage) return answer
  // A person in a browser cannot set an Authorization field.
  const text = reason === 'no-credential' ? 'You did not enter a key.' : row.text
  return pageOf(answer, detail?.text ?? text)
}

/** Whether people use the route in a browser. */
function isForPerson(facts: RequestFacts | null): boolean {
  return facts?.route?.browser === 'basic'
}

/**
 * Returns when to try again. The same credential is refused again, so that trying again is useless;
 * but programs that fetch tokens have a new one after a 401. Only the form of the credential
 * decides, so the answer reveals nothing to a stranger.
 */
function retryFor(
  row: ReasonRow,
  { facts, refusal, detail }: Pick<Refused, 'facts' | 'refusal' | 'detail'>,
): Retry {
  const told = detail?.retryAfterSeconds
  if (told !== undefined) return { waitMs: told * 1000, isFinal: false }
  const retry = retryOf(row, refusal ?? null)
  const isLast = row.status === 401 && facts?.carriesToken !== true
  return isLast ? { ...retry, isFinal: true } : retry
}

/**
 * Returns the challenge. A browser that opens a page may ask its user. Requests of the page are
 * challenged too, because browsers send Basic on their own only below the folder where they first
 * asked. Requests from other sites open no prompt.
 */
function challenge(facts: RequestFacts | null, resourceMetadata: string | null): string {
  if (dialectOf(facts) === 'bridge') return 'Bearer'
  const isOfPage = facts?.isNavigation === true || facts?.fetchSite === 'same-origin'
  if (isForPerson(facts) && isOfPage) return 'Basic realm="gatekeeper", charset="UTF-8"'
  const bearer = 'Bearer realm="gatekeeper"'
  return resourceMetadata === null ? bearer : `${bearer}, resource_metadata="${resourceMetadata}"`
}

function renderBody(
  reason: Reason,
  row: ReasonRow,
  about: Refused & { readonly retry: Retry },
): unknown {
  const { facts, requestId, detail = null, refusal = null, retry } = about
  const dialect = dialectOf(facts)
  if (dialect === 'bridge') return bridgeError(reason, detail)
  if (dialect === 'chat') return chatError(reason, { facts, requestId, detail })
  if (dialect === 'widget') return widgetError(reason, { detail, refusal, waitMs: retry.waitMs })
  const { text, param } = detail ?? { text: row.text, param: null }
  if (dialect === 'gemini') return geminiError({ row, text, retry, refusal, requestId })
  const type = (facts?.endpoint?.isAnthropic && row.anthropicType) || row.type
  return bodies[dialect]({ ...row, type, text, param }, requestId)
}

const dialectOf = (facts: RequestFacts | null): Dialect => facts?.dialect ?? 'openai'

type RowBody = (row: ReasonRow & Detail, requestId: string) => unknown

type Plain = Exclude<Dialect, 'bridge' | 'chat' | 'gemini' | 'widget'>

const bodies: Readonly<Record<Plain, RowBody>> = {
  // ollama-js shows `[object Object]` for everything but a string.
  ollama: (row) => ({ error: row.text }),
  // One form that both the OpenAI and the Anthropic libraries read completely.
  openai: (row, requestId) => ({
    type: 'error',
    error: { message: row.text, type: row.type, param: row.param, code: row.code },
    request_id: requestId,
  }),
  oauth: (row) => ({ error: row.code, error_description: row.text }),
}
