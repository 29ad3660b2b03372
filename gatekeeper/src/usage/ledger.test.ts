import { expect, test } from 'vitest'
import { createLedger } from './ledger.ts'

const outcome = { status: 200, kind: 'answered', answerBytes: 10 } as const

test('a request is charged when it is reserved, and runs until it is settled', () => {
  const ledger = createLedger()
  const reservation = ledger.reserve('key:a')
  expect(ledger.useOf('key:a')).toEqual({ requests: 1, running: 1 })
  reservation.settle(outcome)
  expect(ledger.useOf('key:a')).toEqual({ requests: 1, running: 0 })
})

test('settling twice releases once', () => {
  const ledger = createLedger()
  const first = ledger.reserve('key:a')
  ledger.reserve('key:a')
  for (let time = 0; time < 3; time++) first.settle(outcome)
  expect(ledger.useOf('key:a')).toEqual({ requests: 2, running: 1 })
  expect(ledger.running()).toBe(1)
})

test.each(['answered', 'aborted', 'failed'] as const)(
  'a request that %s is still charged',
  (kind) => {
    const ledger = createLedger()
    ledger.reserve('key:a').settle({ ...outcome, kind })
    expect(ledger.useOf('key:a')).toEqual({ requests: 1, running: 0 })
  },
)

test('principals do not share an account, whatever their names', () => {
  const ledger = createLedger()
  for (const id of ['key:a', 'key:A', '__proto__', 'constructor', '']) ledger.reserve(id)
  for (const id of ['key:a', 'key:A', '__proto__', 'constructor', '']) {
    expect(ledger.useOf(id)).toEqual({ requests: 1, running: 1 })
  }
  expect(ledger.running()).toBe(5)
  expect(ledger.useOf('key:b')).toEqual({ requests: 0, running: 0 })
})

test('what is read of a ledger cannot be written back', () => {
  const ledger = createLedger()
  ledger.reserve('key:a')
  const use = ledger.useOf('key:a') as { requests: number; running: number }
  use.requests = 0
  use.running = 0
  expect(ledger.useOf('key:a')).toEqual({ requests: 1, running: 1 })
})

test('two ledgers share nothing', () => {
  createLedger().reserve('key:a')
  expect(createLedger().useOf('key:a').requests).toBe(0)
})
