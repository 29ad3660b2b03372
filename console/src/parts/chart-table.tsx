import { formatCount } from '../lib/format.ts'
import type { ChartProps } from './chart-props.ts'

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
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll chart-table" tabIndex={0} aria-label={caption}>
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
    </section>
  )
}
