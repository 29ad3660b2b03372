import { expect, test } from 'vitest'
import { aReservation } from '../../test/support/questions.ts'
import type { Outcome } from '../model/admission.ts'
import { createHolding } from './slot.ts'

const outcome: Outcome = { status: 200, kind: 'answered', answerBytes: 0 }

test('a slot is released when its reservation is settled, and the wait is recorded', async () => {
  const settled: Outcome[] = []
  let released = 0
  const settle = async (end: Outcome) => void settled.push(end)
  const holding = createHolding(aReservation({ settle }))
  holding.hold({ waitedMs: 40, hasWaited: true, release: () => void released++ })
  expect(released).toBe(0)
  await holding.settle(outcome)
  expect(released).toBe(1)
  expect(settled).toEqual([{ ...outcome, waitedMs: 40 }])
})

test('without a slot there is nothing to release, and no wait', async () => {
  const settled: Outcome[] = []
  const settle = async (end: Outcome) => void settled.push(end)
  await createHolding(aReservation({ settle })).settle(outcome)
  expect(settled).toEqual([outcome])
})

test('a slot is released before the record is written: a slow disk delays nobody', () => {
  let isReleased = false
  const settle = () => {
    expect(isReleased).toBe(true)
    return new Promise<void>(() => {})
  }
  const holding = createHolding(aReservation({ settle }))
  const release = () => {
    isReleased = true
  }
  holding.hold({ waitedMs: 0, hasWaited: false, release })
  void holding.settle(outcome)
})
