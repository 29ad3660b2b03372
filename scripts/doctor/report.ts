import { relative } from 'node:path'
import { exitCode, formatProblem } from '../../gatekeeper/src/lib/problem.ts'
import type { Context } from './context.ts'
import { describeControl, viewControl } from './controls.ts'
import type { Examination } from './examination.ts'
import type { Finding, Level } from './finding.ts'

/** The findings of one examination. */
export type Result = { readonly name: string; readonly findings: readonly Finding[] }

const levels: readonly Level[] = ['error', 'warning', 'info']

/** Runs every examination. A failure becomes a finding, and the others continue. */
export async function examineAll(
  context: Context,
  examinations: readonly Examination[],
): Promise<Result[]> {
  return await Promise.all(
    examinations.map(async ({ name, examine }) => {
      const findings = await Promise.resolve(context).then(examine).catch(describeFailure)
      const rank = ({ level }: Finding) => levels.indexOf(level)
      return { name, findings: findings.toSorted((one, other) => rank(one) - rank(other)) }
    }),
  )
}

/** Class and code only, because a message may quote the content of a file. */
function describeFailure(error: unknown): Finding[] {
  const { name, code } = error as NodeJS.ErrnoException
  const what = `the examination itself failed (${[name, code].filter(Boolean).join(' ')})`
  return [{ level: 'error', source: 'doctor', what, remedy: 'Look at this by hand.' }]
}

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
