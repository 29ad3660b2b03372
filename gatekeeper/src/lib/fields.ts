/** Every value of every field by its lower-case name, as `IncomingMessage.headersDistinct` has it. */
export type Fields = Readonly<Record<string, readonly string[] | undefined>>

/** What a Connection field names is hop-by-hop too (RFC 9110 §7.6.1); in lower case. */
export function connectionNames(
  value: string | readonly string[] | undefined,
): ReadonlySet<string> {
  const values = typeof value === 'string' ? [value] : (value ?? [])
  return new Set(values.flatMap((text) => text.split(',')).map((name) => name.trim().toLowerCase()))
}
