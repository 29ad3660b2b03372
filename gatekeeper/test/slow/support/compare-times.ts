/** How two sets of durations differ. */
export type Comparison = {
  /** How often one of the first is longer than one of the second (Mann and Whitney's U / n1 n2). */
  readonly longerShare: number
  /** Median of the first over median of the second. */
  readonly medianRatio: number
  readonly medianMs: number
}

type Measure = () => Promise<number>

/** Measures both in turn, so that other work of the machine affects both equally. */
export async function interleave(
  [one, other]: readonly [Measure, Measure],
  count: number,
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []]
  for (let turn = 0; turn < count; turn++) {
    // The order alternates as well: the second one finds warmer caches.
    const isOneFirst = turn % 2 === 0
    if (isOneFirst) times[0].push(await one())
    times[1].push(await other())
    if (!isOneFirst) times[0].push(await one())
  }
  return times
}

export function compareTimes([one, other]: readonly [number[], number[]]): Comparison {
  const median = medianOf(one)
  return {
    longerShare: shareOfLonger(one, other),
    medianRatio: median / medianOf(other),
    medianMs: Math.round(median * 10_000) / 10_000,
  }
}

/** By ranks; equal durations share a rank. */
function shareOfLonger(one: readonly number[], other: readonly number[]): number {
  const all = [
    ...one.map((ms) => ({ ms, isOne: true })),
    ...other.map((ms) => ({ ms, isOne: false })),
  ]
  all.sort((left, right) => left.ms - right.ms)
  let rankSum = 0
  for (let start = 0, end = 0; start < all.length; start = end) {
    while (end < all.length && all[end]?.ms === all[start]?.ms) end++
    const rank = (start + 1 + end) / 2
    rankSum += rank * all.slice(start, end).filter(({ isOne }) => isOne).length
  }
  return (rankSum - (one.length * (one.length + 1)) / 2) / (one.length * other.length)
}

function medianOf(times: readonly number[]): number {
  const sorted = [...times].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
