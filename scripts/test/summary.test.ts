import { describe, expect, it } from 'vitest'
import { summarise } from './summary.ts'

const file = (status: string, ...assertionResults: { fullName: string; status: string }[]) => ({
  name: '/repo/gatekeeper/a.test.ts',
  status,
  assertionResults,
})
const test = (status: string) => ({ fullName: ` a ${status} one`, status })
const summariseFiles = (...testResults: unknown[]) =>
  summarise(JSON.stringify({ testResults }), '/repo')

describe('the summary of a test run', () => {
  it('counts, and names every test that did not run', () => {
    const lines = summariseFiles(
      file('passed', test('passed'), test('skipped'), test('passed')),
      file('failed', test('failed'), test('todo')),
    )
    expect(lines).toEqual([
      'SKIPPED gatekeeper/a.test.ts: a skipped one',
      'SKIPPED gatekeeper/a.test.ts: a todo one',
      '2 passed, 1 failed, 2 skipped',
    ])
  })

  it('counts a file that could not be run as a failure', () => {
    expect(summariseFiles(file('failed'))).toEqual(['0 passed, 1 failed, 0 skipped'])
  })

  it.each([null, '', '{"testRes'])('is a failure where the report is %j', (text) => {
    expect(summarise(text, '/repo').at(-1)).toBe('0 passed, 1 failed, 0 skipped')
  })
})
