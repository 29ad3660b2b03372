import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createCallGate } from './call-gate.ts'

const open = new AbortController().signal

test('four calls of a caller run, the next ones wait in turn, and others do not wait for them', async () => {
  const gate = createCallGate()
  const running = await Promise.all([1, 2, 3, 4].map(() => gate.enter('mia', open)))
  const begun: number[] = []
  const later = [5, 6].map(async (call) => {
    const leave = await gate.enter('mia', open)
    begun.push(call)
    return leave
  })
  const other = await gate.enter('olga', open)
  other()
  await setImmediate()
  expect(begun).toEqual([])
  // Leaving twice frees one place.
  running[0]?.()
  running[0]?.()
  await setImmediate()
  expect(begun).toEqual([5])
  running[1]?.()
  await Promise.all(later)
  expect(begun).toEqual([5, 6])
})

test('too many that wait are refused, and whoever leaves waits no more', async () => {
  const gate = createCallGate()
  const running = await Promise.all([1, 2, 3, 4].map(() => gate.enter('mia', open)))
  const page = new AbortController()
  const waiting = Array.from({ length: 60 }, () => gate.enter('mia', page.signal))
  await expect(gate.enter('mia', open)).rejects.toMatchObject({ reason: 'too_many' })
  page.abort(new Error('left'))
  const settled = await Promise.allSettled(waiting)
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
  for (const leave of running) leave()
  await expect(gate.enter('mia', page.signal)).rejects.toThrow('left')
  expect(await gate.enter('mia', open)).toBeTypeOf('function')
})
