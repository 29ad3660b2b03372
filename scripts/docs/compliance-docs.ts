import {
  controls,
  type Framework,
  frameworks,
} from '../../gatekeeper/src/operations/doctor/controls.ts'

const tableStart = '<!-- controls: written by npm run docs -->\n'
const tableEnd = '<!-- /controls -->'

/** `docs/compliance.md` with the table of the doctor's controls in its place. */
export function renderCompliance(page: string): string {
  const [before, after] = [page.indexOf(tableStart), page.indexOf(tableEnd)]
  if (before === -1 || after < before) throw new Error('docs/compliance.md has no place for it')
  return page.slice(0, before + tableStart.length) + renderControls() + page.slice(after)
}

function renderControls(): string {
  const names = Object.keys(frameworks) as Framework[]
  const heading = ['control', 'what should be so', 'what the doctor reports']
  const rows = Object.entries(controls).map(([name, control]) => [
    ...[`\`${name}\``, control.title, control.finds],
    ...names.map((framework) => control[framework].join(', ') || '–'),
  ])
  const lines = [
    [...heading, ...names.map((name) => frameworks[name])],
    Array.from({ length: heading.length + names.length }, () => '---'),
    ...rows,
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
