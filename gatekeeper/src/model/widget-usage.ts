import type { Standing } from './limit.ts'

/** How a limit stands, as pages with the chat widget read it. */
export type Counter = {
  readonly used: number
  readonly remaining: number
  readonly limit: number
  /** ISO 8601; null if it never resets. */
  readonly resetAt: string | null
}

export function describeCounter({ used, remaining, amount, resetAt }: Standing): Counter {
  const at = resetAt === null ? null : new Date(resetAt).toISOString()
  return { used, remaining, limit: amount, resetAt: at }
}

/** The limits of requests and of tokens that a page is told of. */
export type ShownLimits = { readonly requests: Standing | null; readonly tokens: Standing | null }

/**
 * Returns the limit of each unit that a visitor can do something about: that of its own subject, and
 * if there is none the one with the least left, without those of all visitors.
 */
export function shownLimits(standings: readonly Standing[]): ShownLimits {
  const ofUnit = (unit: Standing['unit']) => {
    const all = standings.filter((one) => one.unit === unit && isOfVisitor(one))
    const own = all.find(({ scope }) => scope === 'key')
    return own ?? all.toSorted((one, other) => one.remaining - other.remaining)[0] ?? null
  }
  return { requests: ofUnit('requests'), tokens: ofUnit('tokens') }
}

/** How much is left of the budget of all is the operator's business. */
export function isOfVisitor({ scope }: Standing): boolean {
  return scope === 'key' || scope === 'address' || scope === 'network'
}

export type WidgetUsage = {
  readonly total_tokens: number
  readonly requests?: Counter
  readonly tokens?: Counter
}

/** Returns the usage that an answer of the widget has. */
export function describeWidgetUsage(
  totalTokens: number,
  standings: readonly Standing[],
): WidgetUsage {
  const { requests, tokens } = shownLimits(standings)
  return {
    total_tokens: totalTokens,
    ...(requests !== null && { requests: describeCounter(requests) }),
    ...(tokens !== null && { tokens: describeCounter(tokens) }),
  }
}
