/** A small line without axes; the figure beside it says what counts. */
export function Sparkline({ values, tone }: { values: readonly number[]; tone: string }) {
  if (values.length < 2) return null
  const [width, height] = [90, 22]
  const most = Math.max(...values, 1)
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * width
    const y = height - 2 - (value / most) * (height - 4)
    return `${x.toFixed(1)} ${y.toFixed(1)}`
  })
  const line = `M${points.join('L')}`
  return (
    <svg class={`spark ${tone}`} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path class="area" d={`${line}L${width} ${height}L0 ${height}Z`} />
      <path class="line" d={line} />
    </svg>
  )
}
