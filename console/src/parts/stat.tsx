import type { ComponentChildren } from 'preact'
import { Sparkline } from './sparkline.tsx'

export type StatProps = {
  readonly label: string
  readonly value: string
  /** Small and grey behind the figure: a unit, or `of $ 60`. */
  readonly unit?: string
  /** What it is compared with. */
  readonly compared?: ComponentChildren
  readonly spark?: readonly number[]
  /** The colour of the small line: `s1` … `s4`, `bad`. */
  readonly tone?: string
}

/** One figure, with what it is compared with. */
export function Stat({ label, value, unit, compared, spark, tone = 's1' }: StatProps) {
  return (
    <div class="card stat">
      <div class="l">{label}</div>
      <div class="v">
        {value} {unit !== undefined && unit !== '' && <small>{unit}</small>}
      </div>
      <div class="d">
        <span>{compared}</span>
        {spark !== undefined && <Sparkline values={spark} tone={tone} />}
      </div>
    </div>
  )
}
