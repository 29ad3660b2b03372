import { describe, expect, test } from 'vitest'
import { createApiKey } from '../api-keys/api-key.ts'
import { anonymous } from '../model/principal.ts'
import { type Authenticate, createAttempts } from './attempts.ts'

const good = createApiKey().key
const plain = 'plain-map-key'
const rate = { burst: 5, perMinute: 1 }

function create(clock = () => 0) {
  let looked = 0
  const attempts = createAttempts({ rate, clock })
  const judge = (credential: string) => {
    looked++
    return credential === good || credential === plain ? anonymous : 'unknown-key'
  }
  const from = (one: Authenticate) => (credential: string, clientAddress: string) =>
    one(credential, { clientAddress, tokenClass: 'house' })
  const [authenticate, rehearse] = [from(attempts.limit(judge)), from(attempts.rehearse(judge))]
  return { authenticate, rehearse, looked: () => looked }
}

describe('guesses of keys', () => {
  test('beyond a burst from one address are refused, also in parallel', () => {
    const { authenticate } = create()
    const answers = Array.from({ length: 500 }, (_, at) => authenticate(`guess-${at}`, '6.6.6.6'))
    expect(answers.filter((answer) => answer === 'unknown-key')).toHaveLength(5)
    expect(answers.filter((answer) => answer === 'too-many-attempts')).toHaveLength(495)
  })

  test('that are right are not distinguished once the address is over its rate', () => {
    const { authenticate, looked } = create()
    for (let turn = 0; turn < 5; turn++) authenticate('guess', '6.6.6.6')
    expect(authenticate(plain, '6.6.6.6')).toBe('too-many-attempts')
    expect(looked()).toBe(5)
  })

  test('from other addresses of the same /64 are counted together', () => {
    const { authenticate } = create()
    const answers = Array.from({ length: 50 }, (_, at) => authenticate('guess', `2001:db8::${at}`))
    expect(answers.filter((answer) => answer === 'unknown-key')).toHaveLength(5)
  })

  test('lock out nobody else, and no valid key of ours even at the same address', () => {
    const { authenticate } = create()
    for (let turn = 0; turn < 50; turn++) authenticate('guess', '6.6.6.6')
    expect(authenticate(plain, '10.0.0.1')).toBe(anonymous)
    expect(authenticate(good, '6.6.6.6')).toBe(anonymous)
  })

  test('a rehearsal gives the same answer and charges nothing', () => {
    const { authenticate, rehearse } = create()
    for (let turn = 0; turn < 9; turn++) expect(rehearse('guess', '6.6.6.6')).toBe('unknown-key')
    for (let turn = 0; turn < 5; turn++) authenticate('guess', '6.6.6.6')
    for (const one of ['guess', plain, good]) {
      expect(rehearse(one, '6.6.6.6')).toBe(authenticate(one, '6.6.6.6'))
    }
  })

  test('valid keys are never charged', () => {
    const { authenticate } = create()
    for (let turn = 0; turn < 1_000; turn++) {
      expect(authenticate(plain, '10.0.0.1')).toBe(anonymous)
    }
  })
})
