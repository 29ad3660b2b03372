import type { RequestFacts } from '../model/facts.ts'
import type { RequestHead } from './request-head.ts'

/**
 * Upstreams parse JSON whatever its type, so a web page's "simple" text/plain request would pass.
 * Of character sets there is one (RFC 8259 §8.1); some readers would follow another's name.
 */
export function isJsonType(head: RequestHead): boolean {
  const { 'content-type': types, origin, 'sec-fetch-site': site } = head.fields
  // LiteLLM's library says none to Ollama, as aider does by it; a browser always says where from.
  if (types === undefined) return origin === undefined && site === undefined
  const type = (types[0] ?? '').trim()
  if (!/^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i.test(type)) return false
  return isUtf8(type)
}

/**
 * Whether it is what curl says of `-d` where no type is given. That is also the type of a web page's
 * form, which needs no permission of ours: so it counts on Ollama's own paths alone, where no browser
 * says that it sent the request, and beside a credential that no browser adds by itself.
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
 * The boundary of a form (RFC 2046 §5.1.1, among the parameters of RFC 9110 §5.6.6); null where the
 * type is another one, names no boundary or two, or cannot be read in one way. Other parameters say
 * nothing: the upstream gets a type of ours.
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

/** Empty where it is none. */
function readBoundary(quoted: string | undefined, plain = ''): string {
  const form = quoted === undefined ? /^[\w'+.-]{1,70}$/ : /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/
  const text = quoted ?? plain
  return form.test(text) ? text : ''
}

/** Whether the body is one plain text. */
export function isTextType(head: RequestHead): boolean {
  const type = (head.fields['content-type']?.[0] ?? '').trim()
  return /^text\/plain[ \t]*(?:;|$)/i.test(type) && isUtf8(type)
}

function isUtf8(type: string): boolean {
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^";]*)/i.exec(type)?.[1] ?? 'utf-8'
  return /^utf-?8$/i.test(charset.trim())
}
