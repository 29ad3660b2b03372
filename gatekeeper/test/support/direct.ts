/** Requests straight to the gatekeeper's own sockets, as another local process would send them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exchangeUnix } from './raw.ts'
import type { Stack } from './stack.ts'

export type Point = 'check' | 'relay'
export type Line = readonly [name: string, value: string]

export function readEdge(stack: Pick<Stack, 'stateDir'>): string {
  const text = readFileSync(join(stack.stateDir, 'front-secrets.json'), 'utf8')
  return (JSON.parse(text) as { edge: string }).edge
}

/** Caddy's statements of a request for `/api/tags` (relay) or `/chat/api/tags` (check). */
export function statement(point: Point): Line[] {
  return [
    ['X-Gatekeeper-Request-Id', '00000000-0000-4000-8000-000000000000'],
    ['X-Gatekeeper-Client-Address', '127.0.0.1'],
    ['X-Gatekeeper-Method', 'GET'],
    ['X-Gatekeeper-Uri', point === 'check' ? '/chat/api/tags' : '/api/tags'],
    ['X-Gatekeeper-Host', 'localhost'],
    ['X-Gatekeeper-Protocol', 'HTTP/1.1'],
  ]
}

/** The same with the edge secret, as members: this makes a request count as one of Caddy's. */
export function directFields(
  stack: Pick<Stack, 'stateDir'>,
  point: Point,
): Readonly<Record<string, string>> {
  return { 'X-Gatekeeper-Edge': readEdge(stack), ...Object.fromEntries(statement(point)) }
}

/** Sends the fields to the point's socket; returns the whole answer. */
export function sendDirect(
  stack: Pick<Stack, 'stateDir'>,
  point: Point,
  fields: readonly Line[],
): Promise<string> {
  const target = point === 'check' ? '/check/ollama' : '/api/tags'
  const head = [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close']
  const lines = [...head, ...fields.map(([name, value]) => `${name}: ${value}`)]
  return exchangeUnix(join(stack.stateDir, `run/${point}.sock`), `${lines.join('\r\n')}\r\n\r\n`)
}
