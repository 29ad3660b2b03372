import type { Examination } from './examination.ts'
import { type Finding, levels } from './finding.ts'

/** The findings of one examination. */
export type Result = { readonly name: string; readonly findings: readonly Finding[] }

/** Runs every examination. A failure becomes a finding, and the others continue. */
export async function examineAll<Context>(
  context: Context,
  examinations: readonly Examination<Context>[],
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
