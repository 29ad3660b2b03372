import { useMemo } from 'preact/hooks'
import { withQuery } from '../../api.ts'
import { clockTime, dateText, formatCount, shortCount } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { type Bucket, seriesOf } from '../../lib/series.ts'
import { ChartFigure } from '../../parts/chart-figure.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import type { Group, Overview } from './overview.ts'
import { type Range, rangeTitles } from './range.ts'

const hourMs = 3_600_000

/** How far back a period goes, and what one point of it is. */
const spans = {
  '1h': { hours: 1, bucket: '15min' },
  '7d': { hours: 168, bucket: 'hour' },
  '30d': { hours: 720, bucket: 'day' },
} as const

/** The drawing of a period: its code comes after the first view, as the chart's does. */
export function RequestsPlot({ overview, range }: { overview: Overview | null; range: Range }) {
  if (range === '24h') return <Plot buckets={overview?.buckets ?? null} range={range} />
  return <OtherPlot range={range} />
}

function OtherPlot({ range }: { range: Exclude<Range, '24h'> }) {
  const path = useMemo(() => {
    const { hours, bucket } = spans[range]
    const since = new Date(Date.now() - hours * hourMs).toISOString()
    return withQuery('/usage', { since, by: 'service', bucket })
  }, [range])
  const { value, failure, reload } = useResource<{ buckets: readonly Bucket<Group>[] }>(path)
  if (failure !== null) return <ErrorPanel failure={failure} onRetry={reload} />
  return <Plot buckets={value?.buckets ?? null} range={range} />
}

type PlotProps = { readonly buckets: readonly Bucket<Group>[] | null; readonly range: Range }

function Plot({ buckets, range }: PlotProps) {
  const { times, series } = useMemo(
    () => seriesOf(buckets ?? [], ({ requests }) => requests),
    [buckets],
  )
  if (buckets === null) return null
  if (series.length === 0) {
    return (
      <Empty title="No requests in this time">
        Requests show up here by service, a moment after they end.
      </Empty>
    )
  }
  return (
    <ChartFigure
      caption={`Requests by service, the last ${rangeTitles[range]}: ${summaryOf(series)}`}
      times={times}
      series={series}
      kind={range === '30d' || range === '1h' ? 'bars' : 'areas'}
      format={shortCount}
      formatTime={range === '24h' || range === '1h' ? timeOfDay : dayAndMonth}
    />
  )
}

function summaryOf(series: readonly { name: string; values: readonly number[] }[]): string {
  return series
    .map(({ name, values }) => `${name} ${formatCount(values.reduce((sum, one) => sum + one, 0))}`)
    .join(', ')
}

function timeOfDay(at: number): string {
  return clockTime(at, false)
}

function dayAndMonth(at: number): string {
  return dateText(at, Date.now())
}
