/**
 * The one way in which a value comes into the generated Caddyfile. Schemas have judged all values
 * before; this is the second wall: what could end a token, open a block or be expanded throws.
 */

/** A value as a quoted token: no quotes, braces, backslashes and line ends. */
export function quote(value: string): string {
  if (!isQuotable(value))
    throw new Error('a value contains characters that are not allowed in a Caddyfile')
  return `"${value}"`
}

/** Whether `quote` takes the value. Paths of people's folders have letters of all languages. */
export function isQuotable(value: string): boolean {
  return /^[\p{L}\p{M}\p{N} _.,:;/@~[\]+=*()-]*$/u.test(value)
}

/**
 * A regular expression or its replacement, in backticks, in which nothing is escaped. Braces are
 * refused: Caddy expands `{$NAME}` before it reads tokens.
 */
export function quoteRaw(value: string): string {
  if (/[`{}\r\n]/.test(value))
    throw new Error('an expression contains characters that are not allowed in a Caddyfile')
  return `\`${value}\``
}

/** A duration in Caddy's form; never 0, which is no limit there. */
export function duration(seconds: number): string {
  return `${Math.max(1, Math.round(seconds * 1000))}ms`
}

/** Lines, each one level deeper. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? line : `\t${line}`))
}

/** A block of lines under its head. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...indent(lines), '}']
}
