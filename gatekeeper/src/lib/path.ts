/**
 * The canonical form of a request target. Caddy matches a cleaned, decoded, lower-cased path but
 * passes the raw one on, and every upstream cleans it in its own way; so whatever two readers
 * could understand differently is refused here instead of being repaired.
 */

export type Target = { readonly path: string; readonly query: string }

// Unreserved bytes never need an encoding (RFC 3986 §2.3): `%61pi` exists only to slip past a rule.
const unreserved = /[A-Za-z0-9\-._~]/
// What some reader downstream turns into a separator, an end or another escape.
const structural = new Set(['/', '\\', '.', '#', '%', ';', '?'])

/**
 * Splits an origin-form target (RFC 9112 §3.2.1) at its first `?`.
 * Returns null where the path is not canonical: the request is then malformed, never repaired.
 */
export function parseTarget(target: string): Target | null {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark + 1)
  return isCanonicalPath(path) && isPlainQuery(query) ? { path, query } : null
}

/** Whether every reader of the path sees the same segments in it. */
export function isCanonicalPath(path: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[\\#;"<>^`{|}]|\/\//.test(path)) return false
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return false
  return !path.includes('%') || (hasOnlyNeededEscapes(path) && isUtf8(path))
}

function hasOnlyNeededEscapes(path: string): boolean {
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', at + 3)) {
    const digits = path.slice(at + 1, at + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return false
    const byte = Number.parseInt(digits, 16)
    const char = String.fromCharCode(byte)
    if (byte < 0x20 || byte === 0x7f || unreserved.test(char) || structural.has(char)) return false
  }
  return true
}

/** Overlong forms and halves of characters are read as something else by every second decoder. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function isPlainQuery(query: string): boolean {
  return /^[\x21-\x7e]*$/.test(query) && !query.includes('#')
}

/** Whether `path` is `prefix` or lies below it, by whole segments: `/api` holds not `/apish`. */
export function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}
