import { expect, test } from 'vitest'
import { decideHead } from '../../../test/support/questions.ts'

const stray = { text: 'The Authorization field holds a key.', param: 'Authorization' }

test('a plain key in a forwarded field is refused for a known caller', () => {
  const decision = decideHead({ facts: { stray } })
  expect(decision).toMatchObject({ reason: 'credential-not-for-here', detail: stray })
})

test('a plain key in the target is refused for a known caller', () => {
  const decision = decideHead({ facts: { hasKeyInTarget: true } })
  expect(decision).toMatchObject({ reason: 'credential-in-target' })
})

test('an unknown caller who guesses plain keys there learns nothing: 401 with and without a hit', () => {
  const answers = [{ stray }, { hasKeyInTarget: true } as const, {}].map((facts) =>
    decideHead({ facts, caller: 'unknown-key' }),
  )
  for (const answer of answers) {
    expect(answer).toEqual({
      allowed: false,
      reason: 'unknown-key',
      check: 'known-caller',
      detail: null,
    })
  }
})
