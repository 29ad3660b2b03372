import { type Place, placeAt } from './json-place.ts'
import { isEscaped, JsonTokens, token } from './json-scan.ts'

/** What may come next; the walk is a table of these, so that deep nesting needs no call stack. */
type Expectation = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'after' | 'end'

const wanted: Readonly<Record<Expectation, string>> = {
  value: 'a value is expected here',
  'value or ]': 'a value or ] is expected here',
  name: 'a member name in double quotes is expected here (no comma after the last member)',
  'name or }': 'a member name in double quotes or } is expected here',
  colon: 'a colon is expected here',
  after: 'a comma or the closing bracket is expected here',
  end: 'there is more text after the end of the JSON value',
}

const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings
const control = /[\u0000-\u001f]/
const isEscape = /^\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/

/**
 * Returns where and why a text is not JSON (RFC 8259); null if it is. `what` never quotes the text,
 * which may be a file of keys; for that reason the message of `JSON.parse` is not used.
 */
export function locateSyntaxError(text: string): (Place & { readonly what: string }) | null {
  const tokens = new JsonTokens(text)
  const brackets: number[] = []
  let expected: Expectation = 'value'
  for (;;) {
    const kind = tokens.next()
    if (kind === token.end && expected === 'end') return null
    const next = step(kind, expected, brackets)
    const what = next === null ? complain(kind, expected, text) : spellingError(kind, tokens)
    if (what !== null) return { ...placeAt(text, tokens.start), what }
    expected = next as Expectation
  }
}

function complain(kind: number, expected: Expectation, text: string): string {
  if (kind !== token.end) return wanted[expected]
  return text.trim() === ''
    ? 'the text is empty'
    : 'the text ends too early; the file may be incomplete'
}

/** Returns what may follow the token, or null if the token is not allowed here. */
function step(kind: number, expected: Expectation, brackets: number[]): Expectation | null {
  if (kind === token.closeObject || kind === token.closeList) return close(kind, expected, brackets)
  switch (expected) {
    case 'colon':
      return kind === token.colon ? 'value' : null
    case 'name':
    case 'name or }':
      return kind === token.string ? 'colon' : null
    case 'after':
      return kind === token.comma ? afterComma(brackets) : null
    case 'end':
      return null
    default:
      return beginValue(kind, brackets)
  }
}

function afterComma(brackets: readonly number[]): Expectation {
  return brackets.at(-1) === token.openObject ? 'name' : 'value'
}

function beginValue(kind: number, brackets: number[]): Expectation | null {
  if (kind === token.openObject || kind === token.openList) {
    brackets.push(kind)
    return kind === token.openObject ? 'name or }' : 'value or ]'
  }
  return kind === token.string || kind === token.scalar ? afterValue(brackets) : null
}

function close(kind: number, expected: Expectation, brackets: number[]): Expectation | null {
  const isObject = kind === token.closeObject
  const mayClose = expected === 'after' || expected === (isObject ? 'name or }' : 'value or ]')
  if (!mayClose || brackets.at(-1) !== (isObject ? token.openObject : token.openList)) return null
  brackets.pop()
  return afterValue(brackets)
}

function afterValue(brackets: readonly number[]): Expectation {
  return brackets.length === 0 ? 'end' : 'after'
}

function spellingError(kind: number, tokens: JsonTokens): string | null {
  const word = tokens.text.slice(tokens.start, tokens.end)
  if (kind === token.string) return stringError(word)
  if (kind !== token.scalar || isNumber.test(word)) return null
  return ['true', 'false', 'null'].includes(word)
    ? null
    : 'this is neither a number, true, false, null nor a text in double quotes'
}

function stringError(word: string): string | null {
  if (word.length < 2 || !isClosed(word)) return 'a text in quotes begins here and does not end'
  return control.test(word) || !hasOnlyEscapes(word)
    ? 'the text in quotes that begins here has a line break, a control character or a wrong escape'
    : null
}

/**
 * Returns whether the scan ended at a closing quote: the quote at the end of `\\"` may be escaped.
 */
function isClosed(word: string): boolean {
  return word.endsWith('"') && !isEscaped(word, word.length - 1, 0)
}

function hasOnlyEscapes(word: string): boolean {
  for (let at = word.indexOf('\\'); at !== -1; at = word.indexOf('\\', at + 2)) {
    if (!isEscape.test(word.slice(at, at + 6))) return false
  }
  return true
}
