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
  test('without a refusal it allows, with every obligation in order', () => {
    expect(decide([pass('a'), pass('b')], question)).toEqual({
      allowed: true,
      obligations: [obligation('a'), obligation('b')],
    })
  })

  test('the first refusal wins, and no later check is asked', () => {
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

  test('a refusal names what the check tells of it, and stands without where that fails', () => {
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

  test('a check that throws what is no Error refuses too', () => {
    const check: Check = {
      ...broken,
      examine: () => {
        throw undefined
      },
    }
    expect(decide([check], question).allowed).toBe(false)
  })

  test('a check whose obligation cannot be said refuses', () => {
    const check: Check = {
      ...pass('mute'),
      oblige: () => {
        throw new Error('the check has a bug')
      },
    }
    expect(decide([check], question)).toMatchObject({ reason: 'check-failed' })
  })

  test('an obligation of a check that refuses is not asked for', () => {
    const oblige = vi.fn(() => null)
    decide([{ ...refuse('a'), oblige }], question)
    expect(oblige).not.toHaveBeenCalled()
  })

  test('a check that answers with nothing at all does not count as a yes', () => {
    const check = { ...pass('forgetful'), examine: () => undefined } as unknown as Check
    expect(decide([check], question).allowed).toBe(false)
  })
})

test('explain asks them all, the refusing and the broken ones not ending the list', () => {
  expect(explain([refuse('a'), broken, pass('b'), refuse('c')], question)).toEqual([
    { check: 'a', reason: 'class-not-granted' },
    { check: 'broken', reason: 'check-failed' },
    { check: 'b', reason: null },
    { check: 'c', reason: 'class-not-granted' },
  ])
})
