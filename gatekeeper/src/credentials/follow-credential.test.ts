import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { createFollower } from './follow-credential.ts'

const key: Principal = { ...anonymous, kind: 'key', id: 'key:0123456789' }

/** A credential, and the result of each check of it. */
function createFixture(principal = key) {
  const fixture = {
    version: 1,
    now: 1_000,
    looks: [] as number[],
    judged: principal as Principal | Reason | Error,
  }
  const follow = createFollower({
    version: () => fixture.version,
    clock: () => fixture.now,
    judge: (_, _shown, admittedAt) => {
      fixture.looks.push(admittedAt)
      return fixture.judged instanceof Error ? Promise.reject(fixture.judged) : fixture.judged
    },
  })
  const shown = { clientAddress: '127.0.0.1', tokenClass: 'house' } as const
  const isGood = follow('the credential', principal, shown)
  const ask = async () => {
    isGood()
    await setImmediate()
    return isGood()
  }
  return { fixture, isGood, ask }
}

describe('a credential that is followed', () => {
  it('costs no look-up until something changes', () => {
    const { fixture, isGood } = createFixture()
    expect(Array.from({ length: 1000 }, isGood).every((good) => good)).toBe(true)
    expect(fixture.looks).toEqual([])
  })

  it.each([
    'unknown-key',
    'wrong-secret',
    'disabled-key',
    'expired-key',
    'token-revoked',
    'unknown-person',
    'disabled-person',
    'person-without-access',
  ] as const)('is invalid once it is %s, and stays so', async (reason) => {
    const { fixture, ask } = createFixture()
    fixture.judged = reason
    expect(await ask()).toBe(true)
    fixture.version++
    expect(await ask()).toBe(false)
    fixture.judged = key
    fixture.version++
    expect(await ask()).toBe(false)
  })

  it('is checked once for each change, as of its admission', async () => {
    const { fixture, ask } = createFixture()
    fixture.now = 60_000
    fixture.version++
    expect(await ask()).toBe(true)
    expect(await ask()).toBe(true)
    expect(fixture.looks).toEqual([1_000])
  })

  it('is not ended by events other than revocation: the expiry of a token, keys of an issuer', async () => {
    const { fixture, ask } = createFixture()
    for (const reason of ['token-expired', 'token-signature', 'issuer-keys-unavailable'] as const) {
      fixture.judged = reason
      fixture.version++
      expect(await ask()).toBe(true)
    }
  })

  it('is ended by a fault in its check', async () => {
    const { fixture, ask } = createFixture()
    fixture.judged = new Error('a bug')
    fixture.version++
    expect(await ask()).toBe(false)
  })

  it('ends at the expiry of its key, or of the key that a token came from', async () => {
    const parent = { ...key, expiresAt: 5_000 }
    for (const principal of [
      parent,
      { ...key, kind: 'token', expiresAt: 2_000, parent } as Principal,
    ]) {
      const { fixture, ask } = createFixture(principal)
      fixture.judged = 'expired-key'
      fixture.now = 4_999
      expect(await ask()).toBe(true)
      fixture.now = 5_000
      expect(await ask()).toBe(false)
    }
  })
})
