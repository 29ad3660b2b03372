import { later } from '../lib/later.tsx'
import type { ChartProps } from './chart-props.ts'

const Figure = later(async () => (await import('./chart-figure.tsx')).ChartFigure)

/**
 * A stacked chart. The same numbers are a table at a click; colours come from the tokens. Its code
 * is fetched when the first chart is shown, in room that is kept for it.
 */
export function Chart(props: ChartProps) {
  return (
    <div class="chart-room">
      <Figure {...props} />
    </div>
  )
}
