/**
 * The rows that are measured. Each is one kind of request through its own Caddy process, with the
 * same key and the same application; only the program that decides differs.
 */

import type { KeyName } from './bench-keys.ts'

/**
 * `ours`: our Caddyfile with the gatekeeper. `unaudited`: a gatekeeper that records no allowed
 * request. `stand-in`: the same Caddyfile with the baselines.
 */
export type FrontName = 'ours' | 'unaudited' | 'stand-in'

export type RowPlan = {
  readonly name: string
  readonly what: string
  readonly front: FrontName
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** The baseline of this row: it checks nothing on the same way, or relays the same chat. */
  readonly nullRow: 'null' | 'null-pooled' | 'bare-relay' | 'relay-openai'
  /** The process besides Caddy whose CPU time counts; null for peers with several processes. */
  readonly behind: 'gatekeeper' | 'unaudited' | 'null' | 'bareRelay' | 'peer' | null
  /** The Authorization field; the key as Bearer if left out. */
  readonly authorization?: string | null
  /** The key that it sends; `plain` by default. */
  readonly key?: KeyName
  /** The endpoint that the body names. */
  readonly endpoint?: string
}

const openaiRow = {
  front: 'ours',
  method: 'POST',
  path: '/v1/chat/completions',
  nullRow: 'bare-relay',
  behind: 'gatekeeper',
} as const

/** Rows are measured in this order, so pairs that are compared stand next to each other. */
export const rowPlans = [
  {
    name: 'caddy',
    what: 'Caddy alone in front of the application',
    ...{ front: 'stand-in', method: 'GET', path: '/plain/hello', nullRow: 'null', behind: null },
  },
  {
    name: 'caddy-unpooled',
    what: 'the same with a new connection for each request, as behind our check',
    ...{ front: 'stand-in', method: 'GET', path: '/unpooled/hello', nullRow: 'null', behind: null },
  },
  {
    name: 'forward-auth-null',
    what: 'plain forward_auth to the baseline',
    ...{ front: 'stand-in', method: 'GET', path: '/forward/hello', nullRow: 'null' },
    behind: 'null',
  },
  {
    name: 'null',
    what: 'our check, answered by a bare node:http that allows everything',
    ...{ front: 'stand-in', method: 'GET', path: '/tts/hello', nullRow: 'null', behind: 'null' },
  },
  {
    name: 'check-key',
    what: 'our check, answered by the gatekeeper for an API key',
    ...{ front: 'ours', method: 'GET', path: '/tts/hello', nullRow: 'null', behind: 'gatekeeper' },
  },
  {
    name: 'check-key-unaudited',
    what: 'the same without an audit record (audit.allowed: none)',
    ...{ front: 'unaudited', method: 'GET', path: '/tts/hello', nullRow: 'null' },
    behind: 'unaudited',
  },
  {
    name: 'check-jwt',
    what: 'the same for our own access token (RS256) with a known signature',
    ...{ front: 'ours', method: 'GET', path: '/tts/hello', nullRow: 'null', behind: 'gatekeeper' },
    key: 'token',
  },
  {
    name: 'null-pooled',
    what: 'NOT SHIPPED (decision 0002): the baseline with kept connections',
    ...{ front: 'stand-in', method: 'GET', path: '/tts/pooled/hello', nullRow: 'null-pooled' },
    behind: 'null',
  },
  {
    name: 'check-key-pooled',
    what: 'NOT SHIPPED (decision 0002): our check with kept connections',
    ...{ front: 'ours', method: 'GET', path: '/tts/pooled/hello', nullRow: 'null-pooled' },
    behind: 'gatekeeper',
  },
  {
    name: 'caddy-json',
    what: 'Caddy alone, with the JSON request of the relay rows',
    ...{ front: 'stand-in', method: 'POST', path: '/plain/api/chat', nullRow: 'bare-relay' },
    behind: null,
  },
  {
    name: 'bare-relay',
    what: 'our relay block, answered by undici dispatch in a bare node:http',
    ...{ front: 'stand-in', method: 'POST', path: '/api/chat', nullRow: 'bare-relay' },
    behind: 'bareRelay',
  },
  {
    name: 'relay',
    what: 'our relay: a small JSON request to an Ollama-like application',
    ...{ front: 'ours', method: 'POST', path: '/api/chat', nullRow: 'bare-relay' },
    behind: 'gatekeeper',
  },
  {
    name: 'relay-limited',
    what: 'the same for a key with limits of every kind: each request is in the journal twice',
    ...{ front: 'ours', method: 'POST', path: '/api/chat', nullRow: 'bare-relay' },
    ...{ behind: 'gatekeeper', key: 'limited' },
  },
  {
    name: 'relay-openai',
    what: 'our relay: an OpenAI chat, as relaying peers get it',
    ...openaiRow,
  },
  {
    name: 'bridge',
    what: 'the same chat to a provider, at its native path',
    ...{ ...openaiRow, path: '/openai/v1/chat/completions', nullRow: 'relay-openai' },
  },
  {
    name: 'bridge-proxy',
    what: 'the same at /api/openai/proxy, with the endpoint in the body',
    ...{ ...openaiRow, path: '/api/openai/proxy', nullRow: 'relay-openai' },
    endpoint: '/chat/completions',
  },
] as const satisfies readonly RowPlan[]

/** The same streams on three ways, to separate the effect of the machine from ours. */
export const streamPlans = [
  { name: 'stream-caddy', front: 'stand-in', path: '/plain/api/chat' },
  { name: 'stream-bare-relay', front: 'stand-in', path: '/api/chat' },
  { name: 'stream', front: 'ours', path: '/api/chat' },
] as const

/** Measured only with peers: our relay with the same request as theirs. */
export const openaiRows: readonly RowPlan[] = [
  {
    name: 'relay-openai-limited',
    what: 'the chat of relay-openai for a key with limits of every kind',
    ...{ ...openaiRow, key: 'limited' },
  },
]

/** Returns the bytes of a row's request. */
export function toRequest(
  plan: RowPlan,
  keys: Readonly<Record<KeyName, { readonly key: string }>>,
): string {
  const { method, path, authorization, key = 'plain', endpoint } = plan
  const credential = `Authorization: ${authorization ?? `Bearer ${keys[key].key}`}`
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${credential}\r\n`
  if (method === 'GET') return `${head}\r\n`
  const chat = toChat({ isStreamed: false, events: 1 })
  const named = endpoint === undefined ? '' : `"endpoint":${JSON.stringify(endpoint)},`
  const body = `{${named}${chat.slice(1)}`
  return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** Returns a chat in Ollama's form, in ASCII. */
export function toChat({ isStreamed, events }: { isStreamed: boolean; events: number }): string {
  return JSON.stringify({
    model: 'tiny:latest',
    stream: isStreamed,
    messages: [{ role: 'user', content: 'Say hello to the person in front of you.' }],
    options: { num_predict: events },
  })
}
