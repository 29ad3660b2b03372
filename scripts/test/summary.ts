import { relative } from 'node:path'

/** What we read of vitest's JSON report. */
type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/**
 * The last lines of a test run: each skipped test by name, then `N passed, N failed, N skipped`.
 * A file that could not be run at all counts as one failure.
 */
export function summarise(text: string | null, root: string): string[] {
  const report = parse(text)
  if (report === null) return ['the test run left no report', '0 passed, 1 failed, 0 skipped']
  const tests = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      name: `${relative(root, name)}: ${fullName.trim()}`,
      status,
    })),
  )
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const passed = tests.filter(({ status }) => status === 'passed')
  const failed = tests.filter(({ status }) => status === 'failed')
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  return [
    ...skipped.map(({ name }) => `SKIPPED ${name}`),
    `${passed.length} passed, ${failed.length + broken.length} failed, ${skipped.length} skipped`,
  ]
}

function parse(text: string | null): Report | null {
  try {
    return JSON.parse(text ?? '') as Report
  } catch {
    return null
  }
}
