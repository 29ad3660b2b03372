/**
 * The only way in which a value gets into the generated Caddyfile. Schemas have validated all
 * values before; this is the second defence: a character that could end a token, open a block or be
 * expanded throws.
 */

/** Returns the value as a quoted token; throws on quotes, braces, backslashes and line ends. */
export function quote(value: string): string {
  if (!isQuotable(value))
    throw new Error('a value contains characters that are not allowed in a Caddyfile')
  return `"${value}"`
}

/**
 * Returns whether `quote` accepts the value. Folder paths may contain letters of all languages.
 */
export function isQuotable(value: string): boolean {
  return /^[\p{L}\p{M}\p{N} _.,:;/@~[\]+=*()-]*$/u.test(value)
}

/**
 * Returns a regular expression or its replacement in backticks, in which nothing is escaped. Throws
 * on braces: Caddy expands `{$NAME}` before it reads tokens.
 */
export function quoteRaw(value: string): string {
  if (/[`{}\r\n]/.test(value))
    throw new Error('an expression contains characters that are not allowed in a Caddyfile')
  return `\`${value}\``
}

/** Returns a duration in Caddy's form; never 0, which means no limit there. */
export function duration(seconds: number): string {
  return `${Math.max(1, Math.round(seconds * 1000))}ms`
}

/** Indents lines by one level. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? line : `\t${line}`))
}

/** Returns a block of lines under its head. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...indent(lines), '}']
}
