/**
 * Answers `npm run explain -- --live`. It tells what any credential may do, and so listens on a unix
 * socket that is this user's alone.
 */
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { ExplainQuestion, Explanation } from '../../explain/explain.ts'
import { parseJson } from '../../lib/json/parse-json.ts'
import type { Call } from '../call.ts'
import { jsonAnswer, sendAnswer } from '../send.ts'

const text = z.string().max(40_960)

const question = z.strictObject({
  method: text.min(1),
  target: text.min(1),
  host: text.min(1),
  clientAddress: text.min(1),
  origin: text.nullable(),
  model: text.nullable(),
  caller: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('anonymous') }),
    z.strictObject({ kind: z.literal('key'), id: text.min(1) }),
    z.strictObject({ kind: z.literal('credential'), credential: text.min(1) }),
  ]),
})

const questionBytesMax = 256 * 1024

export async function answerExplain(
  call: Call,
  explain: (question: ExplainQuestion) => Promise<Explanation>,
): Promise<void> {
  const { request, response } = call
  if (request.method !== 'POST' || request.url !== '/explain') {
    return sendAnswer(response, jsonAnswer(404, { status: 'not found' }), false)
  }
  const parsed = question.safeParse(parseJson(await readText(request)))
  if (!parsed.success) {
    return sendAnswer(response, jsonAnswer(400, { status: 'no question' }), false)
  }
  sendAnswer(response, jsonAnswer(200, await explain(parsed.data)), false)
}

async function readText(request: IncomingMessage): Promise<string> {
  let read = ''
  for await (const chunk of request.setEncoding('utf8')) {
    read += chunk
    if (read.length > questionBytesMax) return ''
  }
  return read
}
