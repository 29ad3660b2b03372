import { expect, test } from 'vitest'
import { toPlainLine } from './plain-line.ts'

const time = '2026-11-22T07:08:09.123Z'

test('a decision is one short line', () => {
  const record = {
    ...{ level: 'info', time, message: 'decision', outcome: 'allow', status: 200, method: 'GET' },
    ...{ path: '/api/tags', user: 'ada', principal: 'key:abcde01234', durationMs: 3.4 },
  }
  expect(toPlainLine(JSON.stringify(record))).toBe(
    '07:08:09 allow 200 GET /api/tags ada (key:abcde01234) 3 ms\n',
  )
})

test('a refusal has its reason, and a warning is marked', () => {
  const record = {
    ...{ level: 'warn', time, message: 'decision', outcome: 'deny', status: 403, method: 'GET' },
    ...{ path: '/x', reason: 'cross-site', durationMs: 0.2 },
  }
  expect(toPlainLine(JSON.stringify(record))).toBe(
    '07:08:09 WARN deny 403 GET /x cross-site 0 ms\n',
  )
})

test('another line names its members', () => {
  const record = { level: 'error', time, message: 'it broke', file: 'a', count: 2, list: [1] }
  expect(toPlainLine(JSON.stringify(record))).toBe(
    '07:08:09 ERROR it broke  file=a  count=2  list=[1]\n',
  )
})

test('an unknown value is not written as undefined', () => {
  const record = { level: 'warn', time, message: 'decision', outcome: 'deny', status: 403 }
  const line = toPlainLine(JSON.stringify({ ...record, reason: 'edge-refused', durationMs: 1 }))
  expect(line).not.toContain('undefined')
  expect(line).toContain('edge-refused')
})
