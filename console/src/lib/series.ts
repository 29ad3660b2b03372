type Series = { readonly name: string; readonly values: readonly number[] }

/** As many as have a colour that can be told apart. */
const seriesMax = 4

/** Returns the largest series; what is left becomes one, "others". */
export function topSeries(series: readonly Series[]): readonly Series[] {
  const bySize = [...series].sort((a, b) => sum(b.values) - sum(a.values))
  if (bySize.length <= seriesMax) return bySize
  const others = bySize.slice(seriesMax - 1)
  const values = (others[0]?.values ?? []).map((_, index) =>
    others.reduce((total, one) => total + (one.values[index] ?? 0), 0),
  )
  return [...bySize.slice(0, seriesMax - 1), { name: 'others', values }]
}

/** Returns each series on top of those before it. */
export function stack(series: readonly Series[]): readonly (readonly number[])[] {
  const tops: number[][] = []
  for (const { values } of series) {
    const below = tops.at(-1)
    tops.push(values.map((value, index) => value + (below?.[index] ?? 0)))
  }
  return tops
}

/** A bucket of the API: its groups by name. */
export type Bucket<T> = { readonly at: string; readonly groups: Readonly<Record<string, T>> }

/** Returns buckets as times and one series for each group; a group that is not there is zero. */
export function seriesOf<T>(
  buckets: readonly Bucket<T>[],
  figureOf: (group: T) => number,
): { readonly times: readonly number[]; readonly series: readonly Series[] } {
  const names = [...new Set(buckets.flatMap(({ groups }) => Object.keys(groups)))]
  const valueAt = (groups: Bucket<T>['groups'], name: string) => {
    const group = groups[name]
    return group === undefined ? 0 : figureOf(group)
  }
  return {
    times: buckets.map(({ at }) => Date.parse(at)),
    series: names.map((name) => ({
      name,
      values: buckets.map(({ groups }) => valueAt(groups, name)),
    })),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
