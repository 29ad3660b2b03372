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

// What cuts a path for a reader that decodes it first, also where a slash is data.
const cutting = new Set(['\\', '.', '#', '?'])

/**
 * Splits an origin-form target (RFC 9112 §3.2.1) at its first `?`.
 * Returns null where the path is not canonical: the request is then malformed, never repaired.
 */
export function parseTarget(target: string): Target | null {
  const { path, query } = splitTarget(target)
  return isCanonicalPath(path) && isPlainQuery(query) ? { path, query } : null
}

/**
 * The same for a path whose segments are names of the service's own: a file called `a/b` is `a%2Fb`
 * there. Returns null where a reader could find other segments than `..`, `.` and empty ones say,
 * whether it decodes once, twice or not at all. No rule may depend on what such a path says.
 */
export function parseOpaqueTarget(target: string): Target | null {
  const { path, query } = splitTarget(target)
  return isOpaquePath(path) && isPlainQuery(query) ? { path, query } : null
}

function splitTarget(target: string): Target {
  const mark = target.indexOf('?')
  if (mark === -1) return { path: target, query: '' }
  return { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** Whether every reader of the path sees the same segments in it. */
export function isCanonicalPath(path: string): boolean {
  if (!hasPlainCharacters(path) || path.includes(';') || path.includes('//')) return false
  if (hasDotSegment(path)) return false
  if (!path.includes('%')) return true
  if (!escapesOf(path).every(isNeeded(structural))) return false
  return hasPlainSegments(decodeURIComponent(path).normalize('NFKC'))
}

function isOpaquePath(path: string): boolean {
  if (!hasPlainCharacters(path)) return false
  if (!escapesOf(path).every(isNeeded(cutting))) return false
  const decoded = decodeURIComponent(path)
  // Whoever decodes once more must find nothing left to decode.
  if (/%(?:[0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4})/.test(decoded)) return false
  return [path, decoded, decoded.normalize('NFKC')].every(hasPlainSegments)
}

/**
 * Windows and some frameworks make plain dots, slashes and backslashes of their wide forms (NFKC),
 * so that both are asked. No segment is empty, `.` or `..`, nor would be for a reader that cuts it
 * at a parameter.
 */
function hasPlainSegments(path: string): boolean {
  if (path.includes('\\') || path.includes('//')) return false
  const segments = path.slice(1).split('/')
  return segments.every((segment, index) => {
    const [name = ''] = segment.split(';', 1)
    return name === ''
      ? segment === '' && index === segments.length - 1
      : !/^\s*\.{1,2}\s*$/.test(name)
  })
}

function hasPlainCharacters(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path) && !notAllowed.test(path) && hasWholeEscapes(path)
}

// Go's parser writes these anew in the path that it hands on; a backslash is a slash to others.
const notAllowed = /[\\#"<>^`{|}]/

const hasDotSegment = (path: string) => /\/\.{1,2}(?:\/|$)/.test(path)

/** Overlong forms and halves of characters are read as something else by every second decoder. */
function hasWholeEscapes(path: string): boolean {
  if (!path.includes('%')) return true
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return false
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** The escapes of a path as they are written, each once. */
function escapesOf(path: string): string[] {
  return [...new Set(path.match(/%[0-9A-Fa-f]{2}/g))]
}

/** Tells whether an escape is of a byte that cannot stand in a path as it is. */
function isNeeded(refused: ReadonlySet<string>): (written: string) => boolean {
  return (written) => {
    const byte = Number.parseInt(written.slice(1), 16)
    const char = String.fromCharCode(byte)
    return byte >= 0x20 && byte !== 0x7f && !unreserved.test(char) && !refused.has(char)
  }
}

function isPlainQuery(query: string): boolean {
  return /^[\x21-\x7e]*$/.test(query) && !query.includes('#')
}

/**
 * Says what of a target is not allowed, for its sender. It repeats at most one escape or character,
 * since a target may hold a credential.
 */
export function describeTargetFault(target: string): string {
  const { path, query } = splitTarget(target)
  if (!path.startsWith('/')) return 'The target must be a path that begins with a slash.'
  const read = hasWholeEscapes(path) ? decodeURIComponent(path) : path
  if (read.includes('//')) {
    return 'The path has a double slash (//). Is there a slash at the end of the base URL?'
  }
  const dots = /\/(\.{1,2})(?:\/|$)/.exec(read)?.[1]
  if (dots !== undefined) return `The path contains the segment "${dots}", which is not allowed.`
  if (!isPlainQuery(query)) return 'The query contains a character that must be percent-encoded.'
  return describeCharacterFault(path)
}

function describeCharacterFault(path: string): string {
  const char = /[\\#"<>^`{|};]|[^\x21-\x7e]/.exec(path)?.[0]
  if (char !== undefined) {
    const shown = /[\x21-\x7e]/.test(char) ? `"${char}"` : 'that is not visible ASCII'
    return `The path contains a character ${shown}, which is not allowed.`
  }
  if (!hasWholeEscapes(path)) {
    return 'The path contains an encoding that is not UTF-8, or a % without two hexadecimal digits.'
  }
  const refused = escapesOf(path).find((text) => !isNeeded(structural)(text))
  return refused === undefined
    ? 'The path contains an encoding or segment that is not allowed (`//`, `..`, `%2f`).'
    : `The path contains the encoding ${refused}, which is not allowed here.`
}

/** Whether `path` is `prefix` or lies below it, by whole segments: `/api` holds not `/apish`. */
export function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}
