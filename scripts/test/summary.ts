import { relative } from 'node:path'

/** What we read of vitest's JSON report. */
type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly Assertion[]
  }[]
}

type Assertion = {
  readonly fullName: string
  readonly status: string
  readonly failureMessages?: readonly string[]
}

/** One test, or one file that could not be run at all, of a run. */
export type Outcome = {
  /** Relative to the root of the tree. */
  readonly file: string
  /** Within its file; the empty string where the whole file could not be run. */
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  /** The first line of what went wrong, or the empty string. */
  readonly message: string
}

/** What vitest's JSON report says, or null if there is none. */
export function readOutcomes(text: string | null, root: string): Outcome[] | null {
  const report = parse(text)
  if (report === null) return null
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const tests = assertionResults.map((test) => readTest(file, test))
    if (status !== 'failed' || tests.some((test) => test.status === 'failed')) return tests
    return [...tests, { file, name: '', status: 'failed' as const, message: firstLine(message) }]
  })
}

/**
 * The last lines of a test run: each skipped and each failed test by name, then
 * `N passed, N failed, N skipped`. A file that could not be run at all counts as one failure.
 * `again` is what a second run of the files with failures said: a file in it replaces the one of
 * the first run, and each test that only the first run failed is named as flaky.
 */
export function summarise(first: readonly Outcome[] | null, again: readonly Outcome[] = []) {
  if (first === null) return ['the test run left no report', '0 passed, 1 failed, 0 skipped']
  const replaced = new Set(again.map(({ file }) => file))
  const last = [...first.filter(({ file }) => !replaced.has(file)), ...again]
  const of = (status: Outcome['status']) => last.filter((outcome) => outcome.status === status)
  const failed = new Set(of('failed').map(label))
  const flaky = first.filter(
    (outcome) =>
      outcome.status === 'failed' && replaced.has(outcome.file) && !failed.has(label(outcome)),
  )
  return [
    ...of('skipped').map((outcome) => `SKIPPED ${label(outcome)}`),
    ...flaky.map((outcome) => `FLAKY ${describe(outcome)}`),
    ...of('failed').map((outcome) => `FAILED ${describe(outcome)}`),
    `${of('passed').length} passed, ${failed.size} failed, ${of('skipped').length} skipped`,
  ]
}

const label = ({ file, name }: Outcome): string => (name === '' ? file : `${file}: ${name}`)

const describe = (outcome: Outcome): string => `${label(outcome)}\n    ${outcome.message}`

const firstLine = (text: string | undefined): string => (text ?? '').split('\n')[0] ?? ''

function readTest(file: string, { fullName, status, failureMessages }: Assertion): Outcome {
  const known = status === 'passed' || status === 'failed' ? status : 'skipped'
  return { file, name: fullName.trim(), status: known, message: firstLine(failureMessages?.[0]) }
}

function parse(text: string | null): Report | null {
  try {
    return JSON.parse(text ?? '') as Report
  } catch {
    return null
  }
}
