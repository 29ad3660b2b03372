/** What an error of the service behind the widget means for a page: its texts are not for visitors. */
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'
import { RefusedError } from '../model/refused-error.ts'
import type { HeldTransform } from './held-transform.ts'
import type { AnswerFields } from './response-fields.ts'

const bytesMax = 16 * 1024

/** Codes and texts by which providers say that the operator's account has no money left. */
const aboutMoney = /insufficient_quota|credit balance|billing|exceeded your current quota|payment/i

/** Returns the transform of an answer with an error status: it refuses, and forwards nothing. */
export function createWidgetRefusal(status: number, fields: AnswerFields): HeldTransform {
  const chunks: Buffer[] = []
  let length = 0
  return {
    isHeld: true,
    push: (chunk) => {
      length += chunk.length
      if (length <= bytesMax) chunks.push(chunk)
      return null
    },
    end: () => {
      const reason = reasonOf(status, Buffer.concat(chunks).toString('utf8'))
      throw new RefusedError(reason, detailOf(reason, fields))
    },
  }
}

function reasonOf(status: number, text: string): Reason {
  if (status === 402 || (status < 500 && aboutMoney.test(text))) return 'provider-quota-exceeded'
  if (status === 429 || status === 503 || status === 529) return 'upstream-busy'
  return status === 408 || status === 504 ? 'upstream-timeout' : 'upstream-failed'
}

const failed = 'The model service refused the request, or failed.'
const secondsMax = 86_400

/** Hands on how long the service wants to be left alone: seconds, or a date (RFC 9110 §10.2.3). */
function detailOf(reason: Reason, fields: AnswerFields): Detail | null {
  if (reason === 'upstream-failed') return { text: failed, param: null }
  const after = String(fields['retry-after'] ?? '').trim()
  const seconds = /^\d{1,6}$/.test(after)
    ? Number(after)
    : Math.ceil((Date.parse(after) - Date.now()) / 1000)
  if (reason !== 'upstream-busy' || !(seconds > 0 && seconds <= secondsMax)) return null
  return { text: busy, param: null, retryAfterSeconds: seconds }
}

const busy = 'The model service accepts no more requests now. Try again in a moment.'
