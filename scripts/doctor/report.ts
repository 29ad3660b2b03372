import { relative } from 'node:path'
import { exitCode, formatProblem } from '../../gatekeeper/src/lib/problem.ts'
import { describeControl, viewControl } from '../../gatekeeper/src/operations/doctor/controls.ts'
import type { Result } from '../../gatekeeper/src/operations/doctor/examine-all.ts'
import { type Finding, type Level, levels } from '../../gatekeeper/src/operations/doctor/finding.ts'

export function codeOf(results: readonly Result[]): number {
  return count(results, 'error') > 0 ? exitCode.no : exitCode.ok
}

/** Returns lines for people: grouped, with all examinations without findings in one line. */
export function toLines(results: readonly Result[], root: string): string[] {
  const found = results.filter(({ findings }) => findings.length > 0)
  const well = results.filter(({ findings }) => findings.length === 0).map(({ name }) => name)
  return [
    ...found.flatMap(({ name, findings }) => [
      name,
      ...findings.map((finding) => `  ${finding.level.padEnd(7)}  ${formatFinding(finding, root)}`),
      '',
    ]),
    ...(well.length > 0 ? [`nothing found: ${well.join(', ')}`] : []),
    levels.map((level) => `${count(results, level)} ${level}`).join(', '),
  ]
}

/** Names and users in files can contain control characters that move the cursor. */
function formatFinding(finding: Finding, root: string): string {
  const { control, source } = finding
  const serves = control === undefined ? '' : ` [${describeControl(control)}]`
  const text = formatProblem({ ...finding, source: shorten(source, root) }) + serves
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?')
}

/** Shortens files of the repository to their name in it. */
function shorten(source: string, root: string): string {
  return source.startsWith(`${root}/`) ? relative(root, source) : source
}

/** Returns one document for programs. */
export function toJson(results: readonly Result[], root: string) {
  const findings = results.flatMap(({ name, findings: found }) =>
    found.map(({ remedy, source, control, ...finding }) => ({
      examination: name,
      ...finding,
      source: shorten(source, root),
      cure: remedy,
      control: control === undefined ? null : viewControl(control),
    })),
  )
  const counts = Object.fromEntries(levels.map((level) => [level, count(results, level)]))
  return { counts, examinations: results.map(({ name }) => name), findings }
}

function count(results: readonly Result[], level: Level): number {
  return results.flatMap(({ findings }) => findings).filter((one) => one.level === level).length
}
