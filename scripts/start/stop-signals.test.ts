import { describe, expect, it } from 'vitest'
import { createSignalCounter } from './stop-signals.ts'

/** Sends a signal at each of these times; returns what was done, in order. */
function signalAt(...times: readonly number[]): string[] {
  const done: string[] = []
  let now = 0
  const on = { onFirst: () => done.push('drain'), onSecond: () => done.push('kill') }
  const count = createSignalCounter(on, () => now)
  for (const time of times) {
    now = time
    count()
  }
  return done
}

describe('stop signals', () => {
  it.each([
    { name: 'one drains', times: [0], expected: ['drain'] },
    { name: 'two within a second are one', times: [0, 999], expected: ['drain'] },
    { name: 'many within a second are one', times: [0, 1, 2, 500], expected: ['drain'] },
    { name: 'a later second one kills', times: [0, 1000], expected: ['drain', 'kill'] },
    { name: 'killing happens once', times: [0, 5, 2000, 3000], expected: ['drain', 'kill'] },
  ])('$name', ({ times, expected }) => {
    expect(signalAt(...times)).toEqual(expected)
  })
})
