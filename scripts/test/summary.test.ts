import { describe, expect, it } from 'vitest'
import { readOutcomes, summarise } from './summary.ts'

const file = (status: string, ...assertionResults: { fullName: string; status: string }[]) => ({
  name: '/repo/gatekeeper/a.test.ts',
  status,
  message: 'no such file\nat line 1',
  assertionResults,
})
const test = (status: string, name = `a ${status} one`) => ({
  fullName: ` ${name}`,
  status,
  failureMessages: status === 'failed' ? ['expected 1\nat line 2'] : [],
})
const read = (...testResults: unknown[]) =>
  readOutcomes(JSON.stringify({ testResults }), '/repo') ?? []

describe('the summary of a test run', () => {
  it('counts, and names every test that did not run and every one that failed', () => {
    const outcomes = read(
      file('passed', test('passed'), test('skipped'), test('passed')),
      file('failed', test('failed'), test('todo')),
    )
    expect(summarise(outcomes)).toEqual([
      'SKIPPED gatekeeper/a.test.ts: a skipped one',
      'SKIPPED gatekeeper/a.test.ts: a todo one',
      'FAILED gatekeeper/a.test.ts: a failed one\n    expected 1',
      '2 passed, 1 failed, 2 skipped',
    ])
  })

  it('counts a file that could not be run as a failure', () => {
    expect(summarise(read(file('failed')))).toEqual([
      'FAILED gatekeeper/a.test.ts\n    no such file',
      '0 passed, 1 failed, 0 skipped',
    ])
  })

  it('names a test that only the first of two runs failed, and counts the second run', () => {
    const first = read(file('failed', test('failed', 'the race'), test('passed')))
    const again = read(file('passed', test('passed', 'the race'), test('passed')))
    expect(summarise(first, again)).toEqual([
      'FLAKY gatekeeper/a.test.ts: the race\n    expected 1',
      '2 passed, 0 failed, 0 skipped',
    ])
  })

  it('does not call flaky what failed twice', () => {
    const first = read(file('failed', test('failed', 'the race')))
    expect(summarise(first, first).at(-1)).toBe('0 passed, 1 failed, 0 skipped')
    expect(summarise(first, first).join()).not.toContain('FLAKY')
  })

  it.each([null, '', '{"testRes'])('is a failure where the report is %j', (text) => {
    expect(summarise(readOutcomes(text, '/repo')).at(-1)).toBe('0 passed, 1 failed, 0 skipped')
  })
})
