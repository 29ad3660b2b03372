/**
 * A provider's 429 in our own words: its text names our organisation and what our account may do.
 * Its code stays, since client libraries tell by it an empty account from too many requests.
 */
import { parseJson } from '../lib/json/parse-json.ts'
import type { Admission } from '../model/admission.ts'
import type { HeldTransform } from './held-transform.ts'
import type { AnswerFields } from './response-fields.ts'

const bytesMax = 64 * 1024
const codeUsual = 'rate_limit_exceeded'

/** Holds the answer of a provider and returns one in the form that the client's library reads. */
export function createProviderLimit({ facts }: Admission, answer: AnswerFields): HeldTransform {
  const held: Buffer[] = []
  let length = 0
  const retryAfter = answer['retry-after']
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
      const code = codeOf(parseJson(Buffer.concat(held).toString('utf8')))
      const name = facts.service?.name ?? ''
      const text = `The provider ${name} accepts no more requests of the operator's account now (${code}).`
      return Buffer.from(JSON.stringify(render(text, code, facts)))
    },
  }
}

function render(text: string, code: string, { dialect, requestId }: Admission['facts']): object {
  if (dialect === 'gemini') {
    return { error: { code: 429, message: text, status: 'RESOURCE_EXHAUSTED' } }
  }
  const error = { message: text, type: 'rate_limit_error', param: null, code }
  return { type: 'error', error, request_id: requestId }
}

/** A code is one word of its vocabulary; anything longer could be a text about the account. */
function codeOf(value: unknown): string {
  const { error } = (value ?? {}) as { readonly error?: Readonly<Record<string, unknown>> }
  const said = [error?.['code'], error?.['type'], error?.['status']]
  return (
    said.find((word) => typeof word === 'string' && /^[A-Za-z_]{1,40}$/.test(word))?.toString() ??
    codeUsual
  )
}
