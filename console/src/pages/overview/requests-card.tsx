import { useMemo } from 'preact/hooks'
import { withQuery } from '../../api.ts'
import { liveness } from '../../events.ts'
import { clockTime, dateText, formatCount, shortCount } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { type Bucket, seriesOf } from '../../lib/series.ts'
import { useShared } from '../../lib/shared.ts'
import { Card } from '../../parts/card.tsx'
import { Chart } from '../../parts/chart.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Tag } from '../../parts/tag.tsx'
import { place, setQuery } from '../../place.ts'
import type { Group, Overview } from './overview.ts'

const ranges = ['24h', '7d', '30d'] as const
type Range = (typeof ranges)[number]
const titles: Readonly<Record<Range, string>> = { '24h': '24 h', '7d': '7 d', '30d': '30 d' }
const dayMs = 86_400_000

/** Requests by service over time. */
export function RequestsCard({ overview }: { overview: Overview | null }) {
  const range = ranges.find((one) => one === useShared(place).query.get('range')) ?? '24h'
  return (
    <Card
      title="Requests"
      beside={<Live />}
      end={
        <Segments
          label="Period"
          of={ranges.map((value) => ({ value, title: titles[value] }))}
          value={range}
          onChange={(value) => setQuery({ range: value === '24h' ? null : value }, 'replace')}
        />
      }
    >
      {range === '24h' ? (
        <Plot buckets={overview?.buckets ?? null} range={range} />
      ) : (
        <LongPlot range={range} />
      )}
    </Card>
  )
}

function Live() {
  if (useShared(liveness) !== 'live') return null
  return (
    <span class="live">
      <Tag tone="good" hasDot>
        live
      </Tag>
    </span>
  )
}

function LongPlot({ range }: { range: Exclude<Range, '24h'> }) {
  const path = useMemo(() => {
    const since = new Date(Date.now() - (range === '7d' ? 7 : 30) * dayMs).toISOString()
    return withQuery('/usage', { since, by: 'service', bucket: range === '7d' ? 'hour' : 'day' })
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
  if (buckets === null) return <div class="chart-room" aria-busy="true" />
  if (series.length === 0) {
    return (
      <div class="chart-room">
        <Empty title="No requests in this time">
          Requests show up here by service, a moment after they end.
        </Empty>
      </div>
    )
  }
  return (
    <Chart
      caption={`Requests by service, the last ${titles[range]}: ${summaryOf(series)}`}
      times={times}
      series={series}
      kind={range === '30d' ? 'bars' : 'areas'}
      format={shortCount}
      formatTime={range === '24h' ? timeOfDay : dayAndMonth}
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
