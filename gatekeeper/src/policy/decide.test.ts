import { describe, expect, test, vi } from 'vitest'
import { aQuestion } from '../../test/support/questions.ts'
import type { Check, Obligation } from '../model/decision.ts'
import { decide, explain } from './decide.ts'

const obligation = (name: string): Obligation => ({
  kind: 'set-subprotocols',
  subprotocols: [name],
})
const pass = (name: string): Check => ({
  name,
  examine: () => null,
  oblige: () => obligation(name),
})
const refuse = (name: string): Check => ({
  ...pass(name),
  examine: () => 'class-not-granted',
})
const broken: Check = {
  ...pass('broken'),
  examine: () => {
    throw new Error('the check has a bug')
  },
}
const question = aQuestion()

describe('decide', () => {
  test('allows without a refusal, with every obligation in order', () => {
    expect(decide([pass('a'), pass('b')], question)).toEqual({
      allowed: true,
      obligations: [obligation('a'), obligation('b')],
    })
  })

  test('the first refusal wins, and no later check runs', () => {
    const later = vi.fn(() => 'cross-site' as const)
    const checks = [pass('a'), refuse('first'), { ...pass('second'), examine: later }]
    expect(decide(checks, question)).toEqual({
      allowed: false,
      detail: null,
      reason: 'class-not-granted',
      check: 'first',
    })
    expect(later).not.toHaveBeenCalled()
  })

  test('a refusal includes the detail of its check, and is still a refusal if the detail fails', () => {
    const detail = { text: 'num_ctx is 9000; this key may use up to 8000.', param: 'num_ctx' }
    const telling = { ...refuse('first'), describe: () => detail }
    expect(decide([telling], question)).toMatchObject({ check: 'first', detail })
    const failing = { ...refuse('first'), describe: broken.examine as () => never }
    expect(decide([failing], question)).toMatchObject({ check: 'first', detail: null })
  })

  test('a check that throws refuses', () => {
    expect(decide([broken, pass('a')], question)).toEqual({
      allowed: false,
      detail: null,
      reason: 'check-failed',
      check: 'broken',
    })
  })

  test('a check that throws something other than an Error refuses too', () => {
    const check: Check = {
      ...broken,
      examine: () => {
        throw undefined
      },
    }
    expect(decide([check], question).allowed).toBe(false)
  })

  test('a check whose obligation throws refuses', () => {
    const check: Check = {
      ...pass('mute'),
      oblige: () => {
        throw new Error('the check has a bug')
      },
    }
    expect(decide([check], question)).toMatchObject({ reason: 'check-failed' })
  })

  test('an obligation of a check that refuses is not requested', () => {
    const oblige = vi.fn(() => null)
    decide([{ ...refuse('a'), oblige }], question)
    expect(oblige).not.toHaveBeenCalled()
  })

  test('a check that returns nothing does not count as a pass', () => {
    const check = { ...pass('forgetful'), examine: () => undefined } as unknown as Check
    expect(decide([check], question).allowed).toBe(false)
  })
})

test('explain runs all checks, and a refusing or broken one does not end the list', () => {
  expect(explain([refuse('a'), broken, pass('b'), refuse('c')], question)).toEqual([
    { check: 'a', reason: 'class-not-granted' },
    { check: 'broken', reason: 'check-failed' },
    { check: 'b', reason: null },
    { check: 'c', reason: 'class-not-granted' },
  ])
})
