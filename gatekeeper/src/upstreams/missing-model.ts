/**
 * Finds out whether an upstream's refusal says that the model does not exist. The caller then gets
 * the same answer as for a model that it may not use.
 */
import { parseJson } from '../lib/json/parse-json.ts'
import type { Admission } from '../model/admission.ts'
import { RefusedError } from '../model/refused-error.ts'
import type { HeldTransform } from './held-transform.ts'
import type { AnswerFields } from './response-fields.ts'

/**
 * Returns whether an answer with this head may be about a missing model, so that it must be read.
 */
export function mayMissModel({ facts }: Admission, status: number, fields: AnswerFields): boolean {
  if (status !== 404 && status !== 400) return false
  const { endpoint } = facts
  if (endpoint === null || endpoint.model.in === 'none' || endpoint.dialect === 'chat') return false
  return /^application\/json\b/i.test(String(fields['content-type'] ?? '').trim())
}

/** Longer than any message; a longer answer is forwarded unchanged. */
const messageBytesMax = 64 * 1024

/** Holds the answer and throws a RefusedError if it says that the model is missing. */
export function createMissingModelFilter({ facts }: Admission, status: number): HeldTransform {
  let held: Buffer[] = []
  let length = 0
  return {
    isHeld: true,
    push: (chunk) => {
      length += chunk.length
      held.push(chunk)
      if (length <= messageBytesMax) return null
      const passed = Buffer.concat(held)
      held = []
      return passed
    },
    end: () => {
      const isBare = facts.method === 'HEAD' && status === 404
      const bytes = Buffer.concat(held)
      if (isBare || (length <= messageBytesMax && isMissingModel(status, bytes))) {
        throw new RefusedError('model-not-found')
      }
      return bytes.length === 0 ? null : bytes
    },
  }
}

/** 404 on such an endpoint means its model unless it means the path; 400 has many causes. */
const missingBy = {
  404: /\bmodel\b.{0,400}\b(?:not[ _]found|does(?:n't| not) exist|not_found|unknown)\b|\b(?:no such|unknown|could not find)\b.{0,40}\bmodel|model_not_found/is,
  400: /\binvalid model name\b|\bmodel\b.{0,300}\b(?:not found|does not exist)\b|\bcould not find\b.{0,40}\bmodel|model_not_found/is,
} as const

/** Returns whether the text of a 404 or 400 says that the model is missing. */
export function isMissingModel(status: number, bytes: Buffer): boolean {
  const message = messageOf(parseJson(bytes.toString('utf8')))
  return missingBy[status === 404 ? 404 : 400].test(message.slice(0, 4000))
}

const depthMax = 3

/** Returns the texts of an error in Ollama's, OpenAI's, Google's or FastAPI's form. */
function messageOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || depth === depthMax) return ''
  const { error, message, code, detail } = value as Readonly<Record<string, unknown>>
  return [error, message, code, detail].map((part) => messageOf(part, depth + 1)).join(' ')
}
