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

/** Whether the body is one plain text. */
export function isTextType(head: RequestHead): boolean {
  const type = (head.fields['content-type']?.[0] ?? '').trim()
  return /^text\/plain[ \t]*(?:;|$)/i.test(type) && isUtf8(type)
}

function isUtf8(type: string): boolean {
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^";]*)/i.exec(type)?.[1] ?? 'utf-8'
  return /^utf-?8$/i.test(charset.trim())
}
