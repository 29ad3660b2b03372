import { useMemo } from 'preact/hooks'
import { formatCount, formatMoney, shortCount } from '../../lib/format.ts'
import { seriesOf } from '../../lib/series.ts'
import { Card } from '../../parts/card.tsx'
import { Chart } from '../../parts/chart.tsx'
import {
  type Asked,
  amountOf,
  type Figure,
  figureIn,
  nameOf,
  rangeRows,
  sayAmount,
  sayChange,
  type Usage,
} from './usage.ts'

type Props = { readonly usage: Usage | null; readonly asked: Asked }

/** The whole period in one figure, beside the period before, and how it went. */
export function UsageChart({ usage, asked }: Props) {
  const { range, figure } = asked
  const { words } = rangeRows[range]
  if (usage === null) {
    return (
      <Card title={`The last ${words}`}>
        <div class="chart-room" aria-busy="true" />
      </Card>
    )
  }
  const amount = amountOf(usage.totals, figure)
  return (
    <Card
      title={`${sayAmount(amount, figure)} in ${words}`}
      beside={<span class="hint">{sayChange(amount, amountOf(usage.before, figure), words)}</span>}
      end={<span class="hint">{sayRefused(usage)}</span>}
    >
      <Plot usage={usage} asked={asked} />
    </Card>
  )
}

function sayRefused({ totals, period }: Usage): string {
  const { requests, failed, refused } = totals
  const parts = [
    `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'}`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
  ]
  const { timeZone } = period
  const isElsewhere = timeZone !== Intl.DateTimeFormat().resolvedOptions().timeZone
  return [...parts, ...(isElsewhere ? [`times of ${timeZone}`] : [])].join(', ')
}

function Plot({ usage, asked }: { readonly usage: Usage; readonly asked: Asked }) {
  const { range, by, figure } = asked
  const { times, series } = useMemo(() => {
    const found = seriesOf(usage.buckets, (group) => figureIn(group, figure))
    const shown = found.series.filter(({ values }) => values.some((value) => value > 0))
    return {
      times: found.times,
      series: shown.map(({ name, values }) => ({ name: labelOf(name, usage, by), values })),
    }
  }, [usage, by, figure])
  const { words, bucket } = rangeRows[range]
  const format = timeFormat(bucket, usage.period.timeZone)
  if (series.length === 0) return <p class="empty">{nothing[figure]}</p>
  return (
    <Chart
      caption={`${captions[figure]} over the last ${words}`}
      times={times}
      series={series}
      kind={bucket === 'day' ? 'bars' : 'areas'}
      format={(value) => (figure === 'money' ? formatMoney(value) : shortCount(value))}
      formatTime={(at) => format.format(at)}
    />
  )
}

/** Days begin where the installation is, and are said as there. */
function timeFormat(bucket: string, timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...(bucket === '15min'
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'short' }),
  })
}

const captions: Readonly<Record<Figure, string>> = {
  ...{ money: 'Money', tokens: 'Tokens', requests: 'Requests' },
}
const nothing: Readonly<Record<Figure, string>> = {
  money: 'Nothing in this period cost money. Choose tokens or requests to see what was used.',
  tokens: 'No tokens were used in this period.',
  requests: 'No requests were made in this period.',
}

/** A key is told by whose it is. */
function labelOf(name: string, { groups }: Usage, by: Asked['by']): string {
  if (by !== 'key' || name === 'others') return nameOf(name, by)
  const user = groups.find((group) => group.name === name)?.user
  return user === undefined || user === null ? nameOf(name, by) : `${user} ${nameOf(name, by)}`
}
