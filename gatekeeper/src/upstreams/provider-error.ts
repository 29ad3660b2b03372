/**
 * Errors of a provider in our own words: its texts name our organisation and what our account may
 * do. Status and code stay, since client libraries tell by them what to do.
 */
import { isObject } from '../lib/json/is-object.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import type { Admission } from '../model/admission.ts'
import { bridgeErrorOfStatus } from '../model/bridge-error.ts'
import type { Reason } from '../model/reason.ts'
import { RefusedError } from '../model/refused-error.ts'
import { EventFilter, readEvent } from './event-filter.ts'
import type { HeldTransform } from './held-transform.ts'
import { isMissingModel, mayMissModel } from './missing-model.ts'
import type { AnswerFields } from './response-fields.ts'

type Facts = Admission['facts']
type Members = Readonly<Record<string, unknown>>

const bytesMax = 64 * 1024
/** Texts that are about the account and not about the request. */
const aboutAccount =
  /\borg-|\bproj_|\bacct_|organi[sz]ation|billing|credit|balance|afford|account|workspace|\bprojects?\/|\bapi[ _-]?keys?\b/i
/** Codes and texts by which a provider refuses our key with another status than 401. */
const aboutKey =
  /api_?key_?(?:not_valid|invalid)|invalid_?api_?key|incorrect api key|api key not valid/i

type ErrorAnswer = {
  readonly status: number
  readonly fields: AnswerFields
  /** The key that the provider was called with: some repeat it in their texts. */
  readonly key: string | null
}

/** Returns the transform of an answer with an error status. */
export function createProviderError(
  admission: Admission,
  { status, fields, key }: ErrorAnswer,
): HeldTransform {
  const { facts } = admission
  const held: Buffer[] = []
  let length = 0
  const retryAfter = fields['retry-after'] ?? usualRetryAfter(facts, status)
  return {
    isHeld: true,
    fields: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(typeof retryAfter === 'string' && { 'retry-after': retryAfter }),
    },
    push: (chunk) => {
      length += chunk.length
      if (length <= bytesMax) held.push(chunk)
      return null
    },
    end: () => {
      const bytes = Buffer.concat(held)
      const text = bytes.toString('utf8')
      if (status === 400 && aboutKey.test(text)) throw new RefusedError(rejectedKey(facts))
      const mayMiss = length <= bytesMax && mayMissModel(admission, status, fields)
      if (mayMiss && isMissingModel(status, bytes)) throw new RefusedError('model-not-found')
      const hasKey = key !== null && text.includes(key)
      const isPassing = length <= bytesMax && !hasKey && isAboutRequest(status, text)
      return isPassing ? bytes : Buffer.from(JSON.stringify(render(status, codeOf(text), facts)))
    },
  }
}

/** The contract of the bridge has the field in every 429 and 503. */
function usualRetryAfter({ dialect }: Facts, status: number): string | undefined {
  return dialect === 'bridge' && (status === 429 || status === 503) ? '5' : undefined
}

/** Whose key the provider rejected. */
function rejectedKey({ splitKey }: Facts): Reason {
  return splitKey === undefined ? 'upstream-rejected-us' : 'upstream-rejected-split-key'
}

/** Whether an error tells the caller what is wrong with the request, and nothing else. */
function isAboutRequest(status: number, text: string): boolean {
  const isOfRequest = status < 500 && ![402, 429].includes(status)
  return isOfRequest && !aboutAccount.test(text) && isObject(parseJson(text))
}

/** Events of a stream without the texts of errors: they are those that a status would have had. */
export function createProviderEvents({ service }: Facts): EventFilter {
  const name = service?.name ?? ''
  return new EventFilter((event) => {
    if (!event.includes('"error"')) return event
    const data = readEvent(event)
    const changed = data === null ? null : withoutTexts(data, name)
    if (changed === null) return event
    const lines = event.toString('utf8').split(/\r?\n/)
    const others = lines.filter((line) => line !== '' && !line.startsWith('data:'))
    return Buffer.from([...others, `data: ${JSON.stringify(changed)}`, '', ''].join('\n'))
  })
}

/**
 * Returns the event with our text in place of the provider's, or null if it has no error. The error
 * is a member, a member of `response` or of a choice, or the event itself.
 */
function withoutTexts(data: Members, name: string): Members | null {
  const { response, choices, error, type, object } = data
  const message = `The provider ${name} ended its answer with an error.`
  const inner = isObject(response) ? withoutTexts(response, name) : null
  const changed = {
    ...(inner !== null && { response: inner }),
    ...(Array.isArray(choices) && cleanChoices(choices, name)),
    ...(isObject(error) && { error: { ...wordsOf(error), message } }),
    ...(typeof error === 'string' && { error: message }),
  }
  if (Object.keys(changed).length > 0) return { ...data, ...changed }
  if (type === 'error' || object === 'error') return { ...wordsOf(data), object, message }
  return null
}

/** Some tell of an error in the choice that it ended. */
function cleanChoices(choices: readonly unknown[], name: string): Members {
  const cleaned = choices.map((one) => (isObject(one) ? withoutTexts(one, name) : null) ?? one)
  return cleaned.some((one, at) => one !== choices[at]) ? { choices: cleaned } : {}
}

/** The members of an error by which programs tell what to do: words and numbers, and no texts. */
function wordsOf({ type, code, status }: Members): Members {
  const isWord = (value: unknown) => typeof value === 'number' || isCode(value)
  const members = Object.entries({ type, code, status })
  return Object.fromEntries(members.filter(([, value]) => isWord(value)))
}

/** A code is one word of its vocabulary; anything longer could be a text about the account. */
const isCode = (value: unknown) => typeof value === 'string' && /^[A-Za-z_]{1,40}$/.test(value)

function render(status: number, code: string, { dialect, requestId, service }: Facts): object {
  const name = service?.name ?? ''
  const text = `The provider ${name} ${whatOf(status)} (${code}).`
  if (dialect === 'bridge') return { error: bridgeErrorOfStatus(status), message: text }
  if (dialect === 'gemini') return { error: { code: status, message: text, status: code } }
  const type = status === 429 ? 'rate_limit_error' : 'api_error'
  return { type: 'error', error: { message: text, type, param: null, code }, request_id: requestId }
}

function whatOf(status: number): string {
  if (status === 429) return "accepts no more requests of the operator's account now"
  return status >= 500 ? 'failed' : "refused the request because of the operator's account"
}

function codeOf(text: string): string {
  const value = parseJson(text)
  const error = isObject(value) && isObject(value['error']) ? value['error'] : {}
  const found = [error['code'], error['type'], error['status']].find(isCode)
  return found?.toString() ?? 'provider_error'
}
