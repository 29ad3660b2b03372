import { type Reason, reasonRow } from '../../model/reason.ts'
import { pagePolicy, reasonPage } from '../../policy/reason-page.ts'
import { block, quote } from './quote.ts'

/** The `http.error.message` of each way in which a service behind a check can fail. */
const failures: readonly { readonly reason: FailureReason; readonly when: string }[] = [
  {
    reason: 'upstream-timeout',
    when: '{http.error.status_code} == 504 || ({http.error.message}.startsWith("dial ") && {http.error.message}.contains("i/o timeout"))',
  },
  { reason: 'upstream-unreachable', when: '{http.error.message}.startsWith("dial ")' },
  { reason: 'upstream-untrusted', when: '{http.error.message}.contains("x509: ")' },
  { reason: 'upstream-failed', when: '{http.error.status_code} == 502' },
]

type FailureReason = Extract<
  Reason,
  'upstream-timeout' | 'upstream-unreachable' | 'upstream-untrusted' | 'upstream-failed'
>

const nameOf = (reason: FailureReason) => reason.replace('upstream-', '')

/**
 * Lines for `handle_errors`: the same statuses, texts and dialects as on relayed routes. They apply
 * only after a permit, which sets the variable; an unreachable gatekeeper is handled elsewhere.
 */
export function errorAnswers(ollamaNames: readonly string[]): string[] {
  return failures.flatMap(({ reason, when }) => {
    const name = nameOf(reason)
    return [
      ...block(`@behind-${name}`, ['not vars gatekeeper_behind ""', `expression \`${when}\``]),
      ...block(`handle @behind-${name}`, answer(reason, ollamaNames)),
    ]
  })
}

/**
 * For a person who opens a page on a route with `browser: basic`; same as http/refusal-page.ts.
 */
function page(reason: FailureReason): string[] {
  const { status, text, retryAfterSeconds } = reasonRow(reason)
  const requestId = '{http.request.header.X-Gatekeeper-Request-Id}'
  const waitSeconds = retryAfterSeconds === undefined ? null : String(retryAfterSeconds)
  return [
    ...block('@behind-page', ['vars gatekeeper_browser basic', ...opensPage]),
    ...block('handle @behind-page', [
      'header Content-Type "text/html; charset=utf-8"',
      `header Content-Security-Policy "${pagePolicy}"`,
      `respond \`${reasonPage({ status, text, requestId, waitSeconds })}\` ${status}`,
    ]),
  ]
}

const opensPage = [
  'method GET',
  'header Sec-Fetch-Mode navigate',
  'header_regexp Accept `(?i)(?:^|,)\\s*text/html\\s*(?:[;,]|$)`',
]

function answer(reason: FailureReason, ollamaNames: readonly string[]): string[] {
  const { status, text, type, code, retryAfterSeconds } = reasonRow(reason)
  const body = (value: unknown) => `respond \`${JSON.stringify(value)}\` ${status}`
  const native = [
    ...block('@behind-native', [
      `vars gatekeeper_behind ${ollamaNames.map(quote).join(' ')}`,
      'not path_regexp "/v1(?:/|$)"',
    ]),
    ...block('handle @behind-native', [body({ error: text })]),
  ]
  return [
    `log_append cause ${nameOf(reason)}`,
    // The fault of the certificate; this text contains nothing of the request.
    ...(reason === 'upstream-untrusted' ? ['log_append fault {http.error.message}'] : []),
    'import gate_cors',
    ...block('header', [
      'Content-Type "application/json; charset=utf-8"',
      'Cache-Control no-store',
      'X-Request-Id {http.request.header.X-Gatekeeper-Request-Id}',
      ...(retryAfterSeconds === undefined ? [] : [`Retry-After ${retryAfterSeconds}`]),
    ]),
    ...page(reason),
    ...(ollamaNames.length === 0 ? [] : native),
    ...block('handle', [
      body({
        type: 'error',
        error: { message: text, type, param: null, code },
        request_id: '{http.request.header.X-Gatekeeper-Request-Id}',
      }),
    ]),
  ]
}
