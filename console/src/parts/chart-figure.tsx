import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { topSeries } from '../lib/series.ts'
import { useShared } from '../lib/shared.ts'
import { themeChanges } from '../theme/theme.ts'
import type { ChartProps } from './chart-props.ts'
import { ChartTable } from './chart-table.tsx'
import { drawChart } from './draw-chart.ts'

/** The drawing with its caption and legend, or its numbers. */
export function ChartFigure(props: ChartProps) {
  const id = useId()
  const [isTable, setTable] = useState(false)
  const series = topSeries(props.series)
  const shown = { ...props, series }
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption id={id} class="hidden">
        {props.caption}
      </figcaption>
      {isTable ? <ChartTable {...shown} /> : <Drawing {...shown} />}
      <div class="legend">
        {series.map(({ name }, index) => (
          <span key={name}>
            <i class={`k${index + 1}`} aria-hidden="true" />
            {name}
          </span>
        ))}
        <button
          type="button"
          class="link"
          aria-pressed={isTable}
          onClick={() => setTable(!isTable)}
        >
          As a table
        </button>
      </div>
    </figure>
  )
}

/** The canvas: drawn again with other numbers, and with the colours of another theme. */
function Drawing(props: ChartProps) {
  const room = useRef<HTMLDivElement>(null)
  const changes = useShared(themeChanges)
  const numbers = JSON.stringify([props.times, props.series, props.kind])
  useEffect(() => {
    const element = room.current
    if (element === null) return
    return drawChart(element, props)
  }, [numbers, changes])
  return <div class="drawing" ref={room} role="img" aria-label={props.caption} />
}
