import { liveness } from '../../events.ts'
import { later } from '../../lib/later.tsx'
import { useShared } from '../../lib/shared.ts'
import { Card } from '../../parts/card.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Tag } from '../../parts/tag.tsx'
import { place, setQuery } from '../../place.ts'
import type { Overview } from './overview.ts'
import { ranges, rangeTitles } from './range.ts'

const RequestsPlot = later(async () => (await import('./requests-plot.tsx')).RequestsPlot)

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
          of={ranges.map((value) => ({ value, title: rangeTitles[value] }))}
          value={range}
          onChange={(value) => setQuery({ range: value === '24h' ? null : value }, 'replace')}
        />
      }
    >
      <div class="chart-room">
        <RequestsPlot overview={overview} range={range} />
      </div>
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
