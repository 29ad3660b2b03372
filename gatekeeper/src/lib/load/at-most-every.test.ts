import { expect, test } from 'vitest'
import { atMostEvery } from './at-most-every.ts'

test('many calls cause one run, then none until the interval is over', async () => {
  let now = 0
  let runs = 0
  const work = atMostEvery(
    1_000,
    async () => {
      await Promise.resolve()
      runs++
    },
    () => now,
  )
  await Promise.all(Array.from({ length: 100 }, work))
  expect(runs).toBe(1)
  now = 999
  await work()
  expect(runs).toBe(1)
  now = 1_000
  await Promise.all([work(), work()])
  expect(runs).toBe(2)
})

test('work that fails may run again after the interval', async () => {
  let now = 0
  const work = atMostEvery(
    10,
    () => Promise.reject(new Error('no')),
    () => now,
  )
  await expect(work()).rejects.toThrow('no')
  await work()
  now = 10
  await expect(work()).rejects.toThrow('no')
})
