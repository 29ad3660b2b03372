import { expect, test } from 'vitest'
import { rowsOf, turnText } from './queue.ts'

test('those that run come first, then those that wait in their order', () => {
  const one = { user: 'ada', key: null, principal: 'key:a', model: null, sinceMs: 1 }
  const rows = rowsOf({
    ...{ name: 'ollama', slots: 1, runningCount: 1, waitingCount: 2 },
    running: [one],
    waiting: [
      { ...one, position: 2 },
      { ...one, position: 3 },
    ],
  })
  expect(rows.map(({ position }) => turnText(position))).toEqual(['runs', 'behind 1', 'behind 2'])
  expect(turnText(1)).toBe('next')
  expect(new Set(rows.map(({ id }) => id)).size).toBe(3)
})
