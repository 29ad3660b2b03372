import type { Answer, Stack } from '../../support/stack.ts'

/** An answer as raw bytes, taken apart. */
export type RawAnswer = { readonly status: number; readonly head: string; readonly body: string }

/** The first final answer in what came over a connection; status 0 where there was none. */
export function readAnswer(text: string): RawAnswer {
  const final = text.replace(/^(?:HTTP\/1\.1 1\d\d[\s\S]*?\r\n\r\n)+/, '')
  const end = final.indexOf('\r\n\r\n')
  const head = end === -1 ? final : final.slice(0, end)
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0)
  return { status, head, body: end === -1 ? '' : final.slice(end + 4) }
}

/** The answer without what is new in every one: request id and date. */
export function withoutChance(text: string): string {
  return text
    .replace(/"request_id":"[0-9a-f-]{36}"/, '"request_id":"ID"')
    .replace(/^(x-request-id): [0-9a-f-]{36}\r$/im, '$1: ID\r')
    .replace(/^date: .*\r$/im, 'Date: NOW\r')
}

type DecisionLine = Readonly<Record<string, unknown>>

/** The gatekeeper's decision lines so far; `requestId` picks one request's. */
export function decisionsOf(stack: Stack, requestId?: unknown): DecisionLine[] {
  return stack.gatekeeper
    .output()
    .split('\n')
    .filter((line) => line.includes('"message":"decision"'))
    .map((line) => JSON.parse(line) as DecisionLine)
    .filter((line) => requestId === undefined || line['requestId'] === requestId)
}

export const requestIdOf = (answer: Answer): unknown => answer.headers['x-request-id']
