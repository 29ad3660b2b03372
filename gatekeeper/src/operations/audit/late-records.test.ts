import { expect, test } from 'vitest'
import { createLateRecords } from './late-records.ts'

function open() {
  const recorded: object[] = []
  const disk = { isFull: false }
  let turn = () => {}
  const late = createLateRecords(
    async (acts) => {
      if (disk.isFull) throw new Error('full')
      recorded.push(...acts)
    },
    {
      clock: () => Date.UTC(2026, 10, 29),
      timers: {
        after: () => () => {},
        every: (_, run) => {
          turn = run
          return () => {}
        },
      },
    },
  )
  return { late, recorded, disk, turn: () => turn() }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('an act is recorded as it is while that is possible', async () => {
  const { late, recorded } = open()
  await late.record([{ event: 'signin.ended' }])
  expect(recorded).toEqual([{ event: 'signin.ended' }])
  expect(await late.isWaiting()).toBe(false)
})

test('what still waits at the end is tried once more', async () => {
  const { late, recorded, disk } = open()
  disk.isFull = true
  await late.record([{ event: 'signin.ended' }])
  disk.isFull = false
  await late.close()
  expect(recorded).toMatchObject([{ event: 'signin.ended', late: true }])
})

test('what could not be recorded follows once, marked late, with its time', async () => {
  const { late, recorded, disk, turn } = open()
  disk.isFull = true
  await late.record([{ event: 'signin.ended' }])
  await late.record([{ event: 'person.disabled' }])
  turn()
  await settled()
  expect([recorded, await late.isWaiting()]).toEqual([[], true])
  disk.isFull = false
  turn()
  await settled()
  turn()
  await settled()
  const happenedAt = '2026-11-29T00:00:00.000Z'
  expect(recorded).toEqual([
    { event: 'signin.ended', late: true, happenedAt },
    { event: 'person.disabled', late: true, happenedAt },
  ])
  expect(await late.isWaiting()).toBe(false)
})
