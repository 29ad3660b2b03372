/** Beyond this number, names are counted together: callers can choose them. */
const namesMax = 100_000

/** Counts by name, with a bounded number of names. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(name: string, by = 1): void {
    const isKnown = this.#counts.has(name) || this.#counts.size < namesMax
    const key = isKnown ? name : '(others)'
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** The largest first; ties are sorted by name, so that reports are reproducible. */
  largest(limit = Number.POSITIVE_INFINITY): { readonly name: string; readonly count: number }[] {
    return [...this.#counts]
      .map(([name, count]) => ({ name, count }))
      .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))
      .slice(0, limit)
  }
}
