export type Series = { readonly name: string; readonly values: readonly number[] }

export type ChartProps = {
  /** One sentence: what is shown, for readers of the screen. */
  readonly caption: string
  /** Beginnings of the buckets, epoch milliseconds. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** Areas for shares over time, bars for days. */
  readonly kind: 'areas' | 'bars'
  readonly format: (value: number) => string
  /** `14:00` or `14 Nov`, for the axis and the table. */
  readonly formatTime: (at: number) => string
}
