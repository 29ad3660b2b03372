/** Every value of every field by its lower-case name, as in `IncomingMessage.headersDistinct`. */
export type Fields = Readonly<Record<string, readonly string[] | undefined>>

/**
 * Returns the names in a Connection field, which are hop-by-hop too (RFC 9110 §7.6.1), in lower
 * case.
 */
export function connectionNames(
  value: string | readonly string[] | undefined,
): ReadonlySet<string> {
  const values = typeof value === 'string' ? [value] : (value ?? [])
  return new Set(values.flatMap((text) => text.split(',')).map((name) => name.trim().toLowerCase()))
}

/**
 * Returns whether a text can be sent as a credential in a field: one run of visible ASCII (RFC 9110
 * §5.5).
 */
export function isVisibleAscii(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/**
 * Removes optional whitespace (RFC 9110 §5.6.3): spaces and tabs only. `trim()` would also remove a
 * byte-order mark or a no-break space from a credential. By hand, because `/[ \t]+$/` needs
 * quadratic time on a long run of spaces.
 */
export function trimWhitespace(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t'
  let start = 0
  let end = text.length
  while (start < end && isBlank(start)) start++
  while (end > start && isBlank(end - 1)) end--
  return text.slice(start, end)
}
