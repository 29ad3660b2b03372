/**
 * Reads the tokens of a JSON text without building values, because `JSON.parse` keeps only the last
 * of two members with one name and gives no position. Upstreams written in other languages keep the
 * first, or ignore case; if the gatekeeper decides on one reading and the upstream acts on another,
 * a caller can bypass a rule.
 */

/** What a token is; punctuation is its own character code, so that the scan stays on numbers. */
export const token = {
  end: 0,
  string: 34,
  comma: 44,
  colon: 58,
  openList: 91,
  closeList: 93,
  openObject: 123,
  closeObject: 125,
  /** A number, a literal, or anything that is not valid JSON. */
  scalar: 1,
} as const

/**
 * Walks the tokens of a text that need not be valid. After `next()`, the token is
 * `text.slice(start, end)`; a string that does not end reaches to the end of the text.
 */
export class JsonTokens {
  readonly text: string
  start = 0
  end = 0

  constructor(text: string) {
    this.text = text
  }

  /** Moves on, and returns a member of `token`. */
  next(): number {
    const { text } = this
    let at = this.end
    let code = text.charCodeAt(at)
    while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(++at)
    this.start = at
    if (code === token.string) {
      this.end = stringEnd(text, at)
      return token.string
    }
    if (at >= text.length) {
      this.end = at
      return token.end
    }
    if (isPunctuation(code)) {
      this.end = at + 1
      return code
    }
    this.end = scalarEnd(text, at)
    return token.scalar
  }

  /** The decoded value of the string token. */
  decode(): string {
    const raw = this.text.slice(this.start + 1, this.end - 1)
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
  }
}

function isPunctuation(code: number): boolean {
  return (
    code === token.comma ||
    code === token.colon ||
    code === token.openObject ||
    code === token.closeObject ||
    code === token.openList ||
    code === token.closeList
  )
}

/** The offset after the closing quote: native search, as a body may be one long base64 string. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at)
    if (at === -1) return text.length
    if (!isEscaped(text, at, start)) return at + 1
  }
}

/**
 * Returns whether an odd number of backslashes precedes the quote at `at` of the string at `start`.
 */
export function isEscaped(text: string, at: number, start: number): boolean {
  let slashes = 0
  while (at - 1 - slashes > start && text.charCodeAt(at - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

function scalarEnd(text: string, start: number): number {
  let at = start + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 32 || code === token.string || isPunctuation(code)) break
  }
  return at
}

/**
 * Returns the decoded member names of the top-level object, in order, with duplicates; null if the
 * top level is not an object. The text must have passed `JSON.parse`.
 */
export function topLevelNames(text: string): string[] | null {
  const tokens = new JsonTokens(text)
  if (tokens.next() !== token.openObject) return null
  const names: string[] = []
  let depth = 1
  let isName = true
  for (let kind = tokens.next(); kind !== token.end; kind = tokens.next()) {
    depth += depthChange(kind)
    if (depth > 1) continue
    if (kind === token.comma) isName = true
    else if (kind === token.string && isName) {
      names.push(tokens.decode())
      isName = false
    }
  }
  return names
}

function depthChange(kind: number): number {
  if (kind === token.openObject || kind === token.openList) return 1
  return kind === token.closeObject || kind === token.closeList ? -1 : 0
}

/** Returns how many members all objects of the text have together, at every depth. */
export function countMembers(text: string): number {
  const tokens = new JsonTokens(text)
  let count = 0
  for (let kind = tokens.next(); kind !== token.end; kind = tokens.next()) {
    if (kind === token.colon) count++
  }
  return count
}
