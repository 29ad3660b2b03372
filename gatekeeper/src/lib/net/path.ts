/**
 * The canonical form of a request target. Caddy matches a cleaned, decoded, lower-cased path but
 * passes the raw one on, and every upstream cleans it differently; so a target that two parsers
 * could understand differently is refused instead of repaired.
 */

export type Target = { readonly path: string; readonly query: string }

// Unreserved bytes never need an encoding (RFC 3986 §2.3): `%61pi` exists only to slip past a rule.
const unreserved = /[A-Za-z0-9\-._~]/
// Characters that some later parser treats as a separator, an end or another escape.
const structural = new Set(['/', '\\', '.', '#', '%', ';', '?'])

// Characters that split a path for a parser that decodes it first, also if a slash is data.
const cutting = new Set(['\\', '.', '#', '?'])

/**
 * Splits an origin-form target (RFC 9112 §3.2.1) at its first `?`. Returns null if the path is not
 * canonical: the request is then malformed.
 */
export function parseTarget(target: string): Target | null {
  const { path, query } = splitTarget(target)
  return isCanonicalPath(path) && isPlainQuery(query) ? { path, query } : null
}

/**
 * The same for a path whose segments are names of the service's own: a file called `a/b` is `a%2Fb`
 * there. Returns null if decoding once, twice or not at all could give `..`, `.` or empty segments.
 * No rule may depend on the content of such a path.
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

/** Returns whether every parser of the path sees the same segments in it. */
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
  // A second decoding must find nothing left to decode.
  if (/%(?:[0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4})/.test(decoded)) return false
  return [path, decoded, decoded.normalize('NFKC')].every(hasPlainSegments)
}

/**
 * Windows and some frameworks turn the wide forms of dots, slashes and backslashes into plain ones
 * (NFKC), so both forms are checked. No segment may be empty, `.` or `..`, also not for a parser
 * that cuts it at a parameter.
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

// Go's parser escapes these when it passes the path on; other parsers treat a backslash as a slash.
const notAllowed = /[\\#"<>^`{|}]/

const hasDotSegment = (path: string) => /\/\.{1,2}(?:\/|$)/.test(path)

/** Decoders read overlong forms and partial characters differently. */
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

/** Returns the distinct escapes of a path as they are written. */
function escapesOf(path: string): string[] {
  return [...new Set(path.match(/%[0-9A-Fa-f]{2}/g))]
}

/** Returns a test for escapes of bytes that cannot be in a path unescaped. */
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
 * Describes the fault of a target for its sender. It repeats at most one escape or character,
 * because a target may contain a credential.
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

/**
 * Returns whether `path` is `prefix` or lies below it, by whole segments: `/api` does not include
 * `/apish`.
 */
export function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}
