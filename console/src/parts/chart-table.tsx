import { formatCount } from '../lib/format.ts'
import type { ChartProps } from './chart-props.ts'
import { Scroll } from './scroll.tsx'

/** The numbers of a chart, newest first. */
export function ChartTable({
  caption,
  times,
  series,
  format = formatCount,
  formatTime,
}: ChartProps) {
  const rows = times.map((at, index) => ({ at, index })).reverse()
  return (
    <Scroll label={caption} look="chart-table">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {series.map(({ name }) => (
              <th scope="col" class="num" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, index }) => (
            <tr key={at}>
              <th scope="row" class="fit">
                {formatTime(at)}
              </th>
              {series.map(({ name, values }) => (
                <td class="num" key={name}>
                  {format(values[index] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
