import { expect, test } from 'vitest'
import { lineOf, type Overview, type Refusal, withEvent, withRefusal } from './overview.ts'

const figures = { requests: 1, tokens: 10, microUsd: '9007199254740993', refused: 0 }
const refusal: Refusal = {
  at: '2026-11-30T10:00:00Z',
  requestId: 'r1',
  user: 'ada',
  method: 'POST',
  path: '/api/chat',
  service: 'ollama',
  reason: 'rate_limited',
}
const overview: Overview = {
  today: figures,
  yesterday: figures,
  month: { microUsd: '5' },
  buckets: [{ at: '2026-11-30T10:00:00Z', groups: { a: figures, b: figures } }],
  topUsers: [],
  refusals: [refusal],
}

test('events are added to the figures, and no money is lost to rounding', () => {
  const next = withEvent(overview, { at: '', requests: 2, tokens: 5, microUsd: '2', refused: 1 })
  expect(next.today).toEqual({ requests: 3, tokens: 15, microUsd: '9007199254740995', refused: 1 })
  expect(next.month.microUsd).toBe('7')
})

test('a refusal that arrives twice is shown once, and ten at most are kept', () => {
  expect(withRefusal(overview, refusal).refusals).toEqual([refusal])
  let next = overview
  for (let n = 0; n < 20; n += 1) next = withRefusal(next, { ...refusal, requestId: `n${n}` })
  expect(next.refusals.map(({ requestId }) => requestId)[0]).toBe('n19')
  expect(next.refusals).toHaveLength(10)
})

test('a small line has the sum of each hour', () => {
  const day = Array.from({ length: 6 }, () => overview.buckets).flat()
  expect(lineOf(day, ({ requests }) => requests)).toEqual([8, 4])
})
