/** Returns the value below which `share` (0 to 1) of the values are (nearest rank), or NaN. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  const rank = Math.ceil(share * sorted.length) - 1
  return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] ?? Number.NaN
}

/** Returns the middle value, or the mean of the two in the middle; NaN if there are none. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2
}

/** Returns the smallest and the largest value. */
export function rangeOf(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

/**
 * Returns the median of the ratios of each round. Both values of a round were measured within
 * seconds, so a machine that is slow for a minute is slow for both.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value / (others[round] ?? Number.NaN)))
}

/** Returns the median of the differences of each round. */
export function medianDifference(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value - (others[round] ?? Number.NaN)))
}
