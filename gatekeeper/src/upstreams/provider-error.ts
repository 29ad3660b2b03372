/**
 * Errors of a provider in our own words: its texts name our organisation and what our account may
 * do. Status and code stay, since client libraries tell by them what to do.
 */
import { parseJson } from '../lib/json/parse-json.ts'
import type { Admission } from '../model/admission.ts'
import { RefusedError } from '../model/refused-error.ts'
import { EventFilter, readEvent } from './event-filter.ts'
import type { HeldTransform } from './held-transform.ts'
import { createMissingModelFilter } from './missing-model.ts'
import type { AnswerFields } from './response-fields.ts'

type Facts = Admission['facts']
type Members = Readonly<Record<string, unknown>>

const bytesMax = 64 * 1024
/** Texts that are about the account and not about the request. */
const aboutAccount =
  /\borg-|\bproj_|organi[sz]ation|billing|credit|balance|afford|account|workspace|\bprojects?\//i
/** Codes and texts by which a provider refuses our key with another status than 401. */
const aboutKey =
  /api_?key_?(?:not_valid|invalid)|invalid_?api_?key|incorrect api key|api key not valid/i

/** Returns the transform of an answer with an error status. */
export function createProviderError(
  admission: Admission,
  { status, fields }: { readonly status: number; readonly fields: AnswerFields },
): HeldTransform {
  const { facts } = admission
  const missing = createMissingModelFilter(admission, status)
  const held: Buffer[] = []
  let length = 0
  const retryAfter = fields['retry-after']
  return {
    isHeld: true,
    fields: {
      'content-type': 'application/json; charset=utf-8',
      ...(typeof retryAfter === 'string' && { 'retry-after': retryAfter }),
    },
    push: (chunk) => {
      length += chunk.length
      if (length <= bytesMax) held.push(chunk)
      return null
    },
    end: () => {
      const text = Buffer.concat(held).toString('utf8')
      if (status === 400 && aboutKey.test(text)) throw new RefusedError('upstream-rejected-us')
      const mayMiss = status === 400 || status === 404
      if (mayMiss && length <= bytesMax) {
        missing.push(Buffer.from(text))
        missing.end()
      }
      const isOurs = length <= bytesMax && isAboutRequest(status, text)
      return Buffer.from(isOurs ? text : JSON.stringify(render(status, codeOf(text), facts)))
    },
  }
}

/** Whether an error tells the caller what is wrong with the request, and nothing else. */
function isAboutRequest(status: number, text: string): boolean {
  const isOfRequest = status < 500 && ![402, 429].includes(status)
  return isOfRequest && !aboutAccount.test(text) && typeof parseJson(text) === 'object'
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

/** Null if the event has no error. */
function withoutTexts(data: Members, name: string): Members | null {
  const inner = data['response']
  if (isMembers(inner)) {
    const changed = withoutTexts(inner, name)
    return changed === null ? null : { ...data, response: changed }
  }
  if (!isMembers(data['error'])) return null
  const { type, code, status } = data['error']
  const message = `The provider ${name} ended its answer with an error.`
  return { ...data, error: { type, code, status, message } }
}

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null

function render(status: number, code: string, { dialect, requestId, service }: Facts): object {
  const name = service?.name ?? ''
  const text = `The provider ${name} ${whatOf(status)} (${code}).`
  if (dialect === 'gemini') return { error: { code: status, message: text, status: code } }
  const type = status === 429 ? 'rate_limit_error' : 'api_error'
  return { type: 'error', error: { message: text, type, param: null, code }, request_id: requestId }
}

function whatOf(status: number): string {
  if (status === 429) return "accepts no more requests of the operator's account now"
  return status >= 500 ? 'failed' : "refused the request because of the operator's account"
}

/** A code is one word of its vocabulary; anything longer could be a text about the account. */
function codeOf(text: string): string {
  const value = parseJson(text)
  const error = isMembers(value) && isMembers(value['error']) ? value['error'] : {}
  const said = [error['code'], error['type'], error['status']]
  const isWord = (word: unknown) => typeof word === 'string' && /^[A-Za-z_]{1,40}$/.test(word)
  return said.find(isWord)?.toString() ?? 'provider_error'
}
