import { isEscaped } from '../lib/json/json-scan.ts'
import { parseJson } from '../lib/json/parse-json.ts'

/**
 * Reads the keys of a version 1 file one by one, so that requests are answered in between: one
 * `JSON.parse` of a file of 100,000 keys blocks them for a third of a second. Accepts only a file
 * that begins as our writer begins it, and whose every key it understands; all others go to the
 * complete reader, which also reports problems.
 */
export class KeySlices {
  /** After the last key: whether the whole text was understood and no key is repeated. */
  isWhole = false
  /** Members read so far, at every depth, including those of the file itself. */
  members = 2
  readonly #text: string
  #isIndented = true
  #escapeAt = -1

  constructor(text: string) {
    this.#text = text
  }

  *entries(): Generator<readonly [id: string, entry: unknown]> {
    const ids = new Set<string>()
    let at = matchAt(fileHead, this.#text, 0)?.end ?? -1
    let isMore = at !== -1 && matchAt(fileTail, this.#text, at) === null
    while (isMore) {
      const slice = this.#sliceAt(at)
      if (slice === null || ids.has(slice.id)) return
      ids.add(slice.id)
      yield [slice.id, slice.entry]
      const comma = matchAt(separator, this.#text, slice.end)
      isMore = comma !== null
      at = comma?.end ?? slice.end
    }
    this.isWhole = at !== -1 && matchAt(fileTail, this.#text, at) !== null
  }

  /** Returns the key that begins at an offset, and its end; null if it is not understood. */
  #sliceAt(at: number): { id: string; entry: unknown; end: number } | null {
    const head = matchAt(entryHead, this.#text, at)
    if (head === null) return null
    this.members++
    const written = this.#writtenAt(head.end)
    if (written !== null) return { id: head.group, ...written }
    const end = this.#endOfObject(head.end)
    const entry = end === -1 ? undefined : parseJson(this.#text.slice(head.end, end))
    return entry === undefined ? null : { id: head.group, entry, end }
  }

  /**
   * Returns the object at `start` if it is indented as our writer does it, found by native
   * searches. Its end is a guess that `JSON.parse` confirms: an object that parses as a whole has
   * no other end.
   */
  #writtenAt(start: number): { entry: unknown; end: number } | null {
    const text = this.#text
    if (!this.#isIndented || text.charCodeAt(start) !== code.openObject) return null
    const end = text.indexOf(writtenEnd, start) + writtenEnd.length
    const entry = end < start ? undefined : parseJson(text.slice(start, end))
    // Not searched again: in a text without it, each search would read to the end of the text.
    if (entry === undefined) this.#isIndented = false
    const members =
      entry === undefined || this.#hasEscape(start, end) ? -1 : countPlain(text, start, end)
    if (members === -1) return null
    this.members += members
    return { entry, end }
  }

  /** Remembers the next one: a new search from each key could read to the end of the text. */
  #hasEscape(start: number, end: number): boolean {
    if (this.#escapeAt < start) {
      const next = this.#text.indexOf('\\', start)
      this.#escapeAt = next === -1 ? this.#text.length : next
    }
    return this.#escapeAt < end
  }

  /**
   * Returns the offset after the object that begins at `start`, counting its members; -1 if there
   * is none.
   */
  #endOfObject(start: number): number {
    const text = this.#text
    if (text.charCodeAt(start) !== code.openObject) return -1
    for (let at = start, depth = 0; at < text.length; at++) {
      const char = text.charCodeAt(at)
      if (char === code.quote) {
        at = closingQuote(text, at)
        if (at === -1) return -1
      } else if (char === code.colon) this.members++
      else if (char === code.openObject) depth++
      else if (char === code.closeObject && --depth === 0) return at + 1
    }
    return -1
  }
}

const code = {
  ...{ space: 32, quote: 34, colon: 58, openObject: 123, closeObject: 125, backslash: 92 },
} as const

const writtenEnd = '\n    }'

/**
 * Returns the number of members of a valid object without escapes by native searches: its colons
 * after a name. -1 if a colon within a string could be mistaken for one of those, or vice versa.
 */
function countPlain(text: string, start: number, end: number): number {
  let members = 0
  for (let at = text.indexOf(':', start); at !== -1 && at < end; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before <= code.space) return -1
    if (before !== code.quote) continue
    if (!isWordChar(text.charCodeAt(at - 2))) return -1
    members++
  }
  return members
}

/** Returns whether a quote after it, outside of which all is valid JSON, can only end a string. */
function isWordChar(char: number): boolean {
  return (char >= 97 && char <= 122) || (char >= 65 && char <= 90) || (char >= 48 && char <= 57)
}

function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start + 1)
  while (at !== -1 && text.charCodeAt(at - 1) === code.backslash && isEscaped(text, at, start)) {
    at = text.indexOf('"', at + 1)
  }
  return at
}

// JSON's own whitespace only (RFC 8259 §2), wherever a space is here. Ids that need an escape are
// not ours.
const fileHead = pattern(String.raw` \{ "version" : 1 , "keys" : \{ `)
const entryHead = pattern('"([0-9a-z-]{1,120})" : ')
const separator = pattern(' , ')
const fileTail = pattern(String.raw` \} \} $`)

function pattern(form: string): RegExp {
  return new RegExp(form.replaceAll(' ', '[ \\t\\n\\r]*'), 'y')
}

function matchAt(form: RegExp, text: string, at: number): { end: number; group: string } | null {
  form.lastIndex = at
  const match = form.exec(text)
  return match && { end: form.lastIndex, group: match[1] ?? '' }
}
