import type { IncomingMessage } from 'node:http'
import { type Reason, reasonRow } from '../../../model/reason.ts'
import type { Answer } from '../../answer.ts'
import { jsonAnswer } from '../../send.ts'

export const noSigner = 'No token can be signed: the gatekeeper has no signing key.'
export const noAnswer = 'It did not answer as expected.'

/** The key itself cannot be used. */
export function unusable(reason: Reason): Answer {
  return jsonAnswer(409, { status: 'key', reason, text: reasonRow(reason).text })
}

const textCharsMax = 4_000_000

/** Reads a whole answer. Rejects if it breaks off or is far too long. */
export async function readText(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk
    if (text.length > textCharsMax) throw new Error('too long')
  }
  return text
}
