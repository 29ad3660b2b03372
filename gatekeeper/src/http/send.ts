import type { ServerResponse } from 'node:http'
import type { Answer, Fields } from './answer.ts'
import { withOwnFields } from './own-fields.ts'

/** Sends a short answer. Does nothing if a head was already sent or the client left. */
export function sendAnswer(response: ServerResponse, answer: Answer, isHead: boolean): void {
  if (response.headersSent || response.destroyed) return
  const length = { 'content-length': String(Buffer.byteLength(answer.body)) }
  const fields = withOwnFields(answer.fields)
  response.writeHead(answer.status, answer.status === 204 ? fields : { ...fields, ...length })
  response.end(isHead ? undefined : answer.body)
}

/** The fields of a JSON answer. */
export const jsonFields: Fields = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
}

/** Returns a JSON answer of the gatekeeper itself. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, fields: jsonFields, body: JSON.stringify(value) }
}
