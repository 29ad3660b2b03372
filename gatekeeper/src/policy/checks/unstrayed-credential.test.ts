import { expect, test } from 'vitest'
import { aQuestion } from '../../../test/support/questions.ts'
import { checks } from '../checks.ts'
import { decide } from '../decide.ts'

const stray = { text: 'The Authorization field holds a key.', param: 'Authorization' }

test('a plain key in a passing field is refused to a known caller', () => {
  const decision = decide(checks, 'head', aQuestion({ facts: { stray } }))
  expect(decision).toMatchObject({ reason: 'credential-not-for-here', detail: stray })
})

test('a plain key in the target is refused to a known caller', () => {
  const decision = decide(checks, 'head', aQuestion({ facts: { hasKeyInTarget: true } }))
  expect(decision).toMatchObject({ reason: 'credential-in-target' })
})

test('a stranger who guesses plain keys there learns nothing: 401 with and without a hit', () => {
  const answers = [{ stray }, { hasKeyInTarget: true } as const, {}].map((facts) =>
    decide(checks, 'head', aQuestion({ facts, caller: 'unknown-key' })),
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
