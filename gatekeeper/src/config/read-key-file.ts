import { isVisibleAscii } from '../lib/net/fields.ts'
import type { Problem } from '../lib/problem.ts'
import type { ReportAt } from './report-at.ts'

/** Returns the key in a file, or the problem of the member at `at` that names it. */
export function readKeyFile(
  path: string,
  at: readonly PropertyKey[],
  deps: { readonly readSecret: (path: string) => string; readonly reportAt: ReportAt },
): string | Problem {
  try {
    const key = deps.readSecret(path).trim()
    if (isVisibleAscii(key)) return key
    return deps.reportAt(
      at,
      `${path} does not contain exactly one key`,
      'Write the key into it as one line.',
    )
  } catch (error) {
    return deps.reportAt(
      at,
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'Make it readable for this user, or correct the path.',
    )
  }
}
