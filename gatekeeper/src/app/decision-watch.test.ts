import { expect, test } from 'vitest'
import type { Decided } from '../telemetry/decision-log.ts'
import { createDecisionWatch } from './decision-watch.ts'

function open() {
  const due: (() => void)[] = []
  const timers = {
    after: (_: number, run: () => void) => {
      due.push(run)
      return () => {}
    },
    every: () => () => {},
  }
  return { ...createDecisionWatch(timers), due }
}

const decided = (requestId: string) => ({ requestId }) as Decided

test('a record is handed over, also if it came before the end of the answer', async () => {
  const { watch, note } = open()
  const watched = watch('a')
  note(decided('b'))
  note(decided('a'))
  expect(await watched.afterEnd()).toEqual(decided('a'))
})

test('nobody waits for ever for a record that does not come', async () => {
  const { watch, due } = open()
  const waiting = watch('a').afterEnd()
  for (const run of due) run()
  expect(await waiting).toBeNull()
})

test('the end of one does not end another with the same id', async () => {
  const { watch, note } = open()
  const first = watch('a')
  const second = watch('a')
  first.stop()
  note(decided('a'))
  expect(await second.afterEnd()).toEqual(decided('a'))
})
