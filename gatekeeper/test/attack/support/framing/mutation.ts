/** One attack: a name for the report and the bytes that it puts on the wire. */
export type Mutation = {
  readonly name: string
  readonly bytes: (aim: Aim) => string
}

/** The target of an attack, and its credential. */
export type Aim = {
  /** The prefix of the point: `/ollama` (relay) or `/chat` (check). */
  readonly prefix: string
  /** Marks every request of this attack in what the upstream receives: `attack=17.`. */
  readonly mark: string
  /** The attacker's own good key. */
  readonly key: string
}

/**
 * An endpoint that accepts any bytes as its body at both points, so that they reach the upstream.
 */
export const streamed = '/v1/audio/transcriptions'

/** The head of the attacker's own, allowed POST; `fields` are whole lines or imitations of them. */
export function post(aim: Aim, ...fields: readonly string[]): string {
  return head(`POST ${aim.prefix}${streamed}?${aim.mark} HTTP/1.1`, aim, ...fields)
}

/** The same for a GET, which takes no body. */
export function get(aim: Aim, ...fields: readonly string[]): string {
  return head(`GET ${aim.prefix}/v1/models/mine?${aim.mark} HTTP/1.1`, aim, ...fields)
}

/** Any request line with the attacker's key. */
export function head(line: string, aim: Aim, ...fields: readonly string[]): string {
  const own = ['Host: localhost', `Authorization: Bearer ${aim.key}`]
  return `${[line, ...own, ...fields].join('\r\n')}\r\n\r\n`
}

/**
 * A request that must never arrive: an act of an admin without a key, in the name of the victim.
 */
export function theft(_aim: Aim): string {
  const fields = ['Host: localhost', 'X-Smuggled: yes', 'X-Gatekeeper-User: victim']
  const rest = ['X-Gatekeeper-Role: admin', 'Content-Type: application/json', 'Content-Length: 13']
  return `DELETE /api/delete HTTP/1.1\r\n${[...fields, ...rest].join('\r\n')}\r\n\r\n{"model":"a"}`
}

/** The same with the attacker's own key: it may be decided, but only as the attacker's. */
export function disguise(aim: Aim): string {
  const fields = ['X-Smuggled: yes', 'X-Gatekeeper-User: victim', 'X-Gatekeeper-Role: admin']
  return head(`DELETE ${aim.prefix}/api/delete?${aim.mark} HTTP/1.1`, aim, ...fields)
}

/** A request without an end, which would swallow the next one on the same inner connection. */
export function trap(_aim: Aim): string {
  return 'GET /api/delete HTTP/1.1\r\nHost: localhost\r\nX-Smuggled: yes\r\nX-Rest: '
}

export const payloads = { theft, disguise, trap } as const

/** A body in one good chunk, ended. */
export function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
}
