import type { RequestFacts } from '../model/facts.ts'
import type { RequestHead } from './request-head.ts'

/**
 * Whether the type is JSON in UTF-8, its only character set (RFC 8259 §8.1). Upstreams parse JSON
 * with any type, so a web page's "simple" text/plain request would pass otherwise.
 */
export function isJsonType(head: RequestHead): boolean {
  const { 'content-type': types, origin, 'sec-fetch-site': site } = head.fields
  // LiteLLM's library (aider) sends no type to Ollama; a browser always sends its origin.
  if (types === undefined) return origin === undefined && site === undefined
  const type = (types[0] ?? '').trim()
  if (!/^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i.test(type)) return false
  return isUtf8(type)
}

/**
 * Whether the type is the one that curl sends with `-d` by default. A web page's form has the same
 * type and needs no preflight. So it is accepted only on Ollama's own paths, without fields that
 * show a browser, and with a credential that no browser adds by itself.
 */
export function isTerminalType(head: RequestHead, facts: RequestFacts): boolean {
  const type = (head.fields['content-type']?.[0] ?? '').trim()
  if (!/^application\/x-www-form-urlencoded$/i.test(type)) return false
  if (facts.endpoint?.dialect !== 'ollama' || facts.origin !== null) return false
  if (Object.keys(head.fields).some((name) => name.startsWith('sec-fetch-'))) return false
  return facts.carrier === 'authorization' || facts.carrier === 'field'
}

const parameter = /[ \t]*;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\\r\n]*)"|([^\s;"\\]*)))?/y

/**
 * Returns the boundary of a form (RFC 2046 §5.1.1; parameters: RFC 9110 §5.6.6). Null if the type
 * is another one, has no boundary or two, or is ambiguous. Other parameters do not matter, because
 * the upstream gets a type that we write.
 */
export function boundaryOf(head: RequestHead): string | null {
  const type = (head.fields['content-type']?.[0] ?? '').trim()
  const [media = ''] = /^multipart\/form-data(?=[ \t]*;)/i.exec(type) ?? []
  const found: string[] = []
  parameter.lastIndex = media.length
  while (media !== '' && parameter.lastIndex < type.length) {
    const match = parameter.exec(type)
    if (match === null) return null
    const [, name = '', quoted, plain] = match
    if (name.toLowerCase().startsWith('boundary'))
      found.push(name.length === 8 ? readBoundary(quoted, plain) : '')
  }
  return found.length === 1 ? found[0] || null : null
}

/** Returns an empty text if the value is not a valid boundary. */
function readBoundary(quoted: string | undefined, plain = ''): string {
  const form = quoted === undefined ? /^[\w'+.-]{1,70}$/ : /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/
  const text = quoted ?? plain
  return form.test(text) ? text : ''
}

/** Whether the body is plain text. */
export function isTextType(head: RequestHead): boolean {
  const type = (head.fields['content-type']?.[0] ?? '').trim()
  return /^text\/plain[ \t]*(?:;|$)/i.test(type) && isUtf8(type)
}

function isUtf8(type: string): boolean {
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^";]*)/i.exec(type)?.[1] ?? 'utf-8'
  return /^utf-?8$/i.test(charset.trim())
}
