/** The value below which `share` (0 to 1) of the values lie, by nearest rank; NaN where there are none. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  const rank = Math.ceil(share * sorted.length) - 1
  return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] ?? Number.NaN
}

/** The middle value, of an even number the mean of the two in the middle; NaN where there are none. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2
}

/** Smallest and largest value. */
export function rangeOf(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

/**
 * The median of the ratios round by round. Both were measured within seconds of each other, so that
 * a machine that is slow for a minute is slow for both; medians taken apart would not pair them.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value / (others[round] ?? Number.NaN)))
}

/** The same for differences. */
export function medianDifference(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value - (others[round] ?? Number.NaN)))
}
