/** A command with what it printed, as it is shown. */
export type Step = { readonly command: string; readonly output: readonly string[] }

const columns = 104
const lineHeight = 20
const padding = 20
const charWidth = 8.43
const secondsPerStep = 1.2

type Line = { readonly kind: 'command' | 'output' | 'bad' | 'good'; readonly text: string }

/**
 * Renders a terminal with the steps one after the other, for light and dark surroundings. The same
 * steps give the same text; without motion, or if nothing is animated, everything is shown.
 */
export function renderSvg(title: string, steps: readonly Step[]): string {
  const groups = steps.map(toLines)
  const height = groups.flat().length * lineHeight + groups.length * lineHeight + padding * 2
  const width = Math.ceil(columns * charWidth + padding * 2)
  let row = 0
  const shown = groups.map((lines, at) => {
    const texts = lines.map(({ kind, text }) => {
      const y = padding + ++row * lineHeight
      return `<text class="${kind}" x="${padding}" y="${y}">${escapeXml(text)}</text>`
    })
    row++
    const delay = (at * secondsPerStep).toFixed(1)
    return `<g style="animation-delay:${delay}s">\n${texts.join('\n')}\n</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<style>${style}</style>
<rect width="${width}" height="${height}" rx="10"/>
${shown.join('\n')}
</svg>
`
}

const style = `
rect{fill:#f6f8fa;stroke:#d0d7de}
text{font:14px/1 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:#1f2328}
.command{fill:#0550ae;font-weight:600}.good{fill:#116329}.bad{fill:#a40e26}
@media (prefers-color-scheme:dark){
rect{fill:#0d1117;stroke:#30363d}text{fill:#e6edf3}
.command{fill:#79c0ff}.good{fill:#7ee787}.bad{fill:#ff7b72}}
@media (prefers-reduced-motion:no-preference){g{animation:show .4s both}}
@keyframes show{from{opacity:0}}
`

function toLines({ command, output }: Step): Line[] {
  const commands = `$ ${command}`
    .split('\n')
    .flatMap(wrap)
    .map((text): Line => ({ kind: 'command', text }))
  const printed = output.flatMap((line) =>
    wrap(line).map((text): Line => ({ kind: kindOf(line), text })),
  )
  return [...commands, ...printed]
}

/** Lines that say that something works, or is refused. */
function kindOf(line: string): Line['kind'] {
  if (/^ready |^HTTP 2/.test(line)) return 'good'
  return /^HTTP [45]/.test(line) ? 'bad' : 'output'
}

/** As a terminal does: at the last column, wherever that is. */
function wrap(text: string): string[] {
  const parts = text.match(new RegExp(`.{1,${columns}}`, 'gu'))
  return parts ?? ['']
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
