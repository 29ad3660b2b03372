import { isVisibleAscii } from '../lib/net/fields.ts'
import type { Problem } from '../lib/problem.ts'
import type { ReportAt } from './report-at.ts'

type Deps = {
  /** Reads a file whose path is relative to `gatekeeper.yaml`; throws if it cannot be read. */
  readonly readSecret: (path: string) => string
  readonly reportAt: ReportAt
  readonly problems: Problem[]
}

/** Returns the key in the file that the member at `at` names; null if there is none, or a problem. */
export function readKeyFile(
  path: string | undefined,
  at: readonly PropertyKey[],
  { readSecret, reportAt, problems }: Deps,
): string | null {
  if (path === undefined) return null
  const report = (what: string, remedy: string) => {
    problems.push(reportAt(at, what, remedy))
    return null
  }
  try {
    const key = readSecret(path).trim()
    if (isVisibleAscii(key)) return key
    return report(`${path} does not contain exactly one key`, 'Write the key into it as one line.')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const remedy = 'Make it readable for this user, or correct the path.'
    return report(`${path} cannot be read (${code})`, remedy)
  }
}
