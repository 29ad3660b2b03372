/** What rules find in a text. */

export const piiTypes = [
  'email',
  'phone',
  'ssn',
  'credit_card',
  'ip_address',
  'iban',
  'api_key',
] as const
export type PiiType = (typeof piiTypes)[number]

export const secretTypes = [
  'openai',
  'anthropic',
  'google',
  'aws',
  'github',
  'slack',
  'stripe',
  'private_key',
  'jwt',
  'database_url',
  'generic',
] as const
export type SecretType = (typeof secretTypes)[number]

/** A place in a text. Positions are UTF-16 units of the text as it was given. */
export type Span = { readonly start: number; readonly end: number }

/** Something that a detector found. */
export type Found<Type extends string = string> = Span & {
  readonly type: Type
  /** 0 to 1: how sure it is. 1 has a check digit, or a form that nothing else has. */
  readonly confidence: number
}

/** Whether two places share a character. */
export function isOverlapping(one: Span, other: Span): boolean {
  return one.start < other.end && other.start < one.end
}

/** Returns the findings of a list that overlap none before them in the list, by their place. */
export function withoutOverlaps<Type extends Span>(found: readonly Type[]): Type[] {
  const ordered = found
    .map((one, rank) => ({ one, rank }))
    .sort((a, b) => a.one.start - b.one.start || a.rank - b.rank)
  const kept: typeof ordered = []
  for (const next of ordered) {
    // Sorted by start: only the last one that is kept can overlap.
    const last = kept.at(-1)
    if (last === undefined || !isOverlapping(last.one, next.one)) kept.push(next)
    else if (last.rank > next.rank) kept[kept.length - 1] = next
  }
  return kept.map(({ one }) => one)
}
