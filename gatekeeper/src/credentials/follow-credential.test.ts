import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { createFollower } from './follow-credential.ts'

const key: Principal = { ...anonymous, kind: 'key', id: 'key:0123456789' }

/** A credential, and what is said of it whenever somebody looks. */
function createScene(principal = key) {
  const scene = {
    version: 1,
    now: 1_000,
    looks: [] as number[],
    judged: principal as Principal | Reason | Error,
  }
  const follow = createFollower({
    version: () => scene.version,
    clock: () => scene.now,
    judge: (_, admittedAt) => {
      scene.looks.push(admittedAt)
      return scene.judged instanceof Error ? Promise.reject(scene.judged) : scene.judged
    },
  })
  const isGood = follow('the credential', principal)
  const ask = async () => {
    isGood()
    await setImmediate()
    return isGood()
  }
  return { scene, isGood, ask }
}

describe('a credential that is followed', () => {
  it('costs no look-up as long as nothing was changed', () => {
    const { scene, isGood } = createScene()
    expect(Array.from({ length: 1000 }, isGood).every((good) => good)).toBe(true)
    expect(scene.looks).toEqual([])
  })

  it.each(['unknown-key', 'wrong-secret', 'disabled-key', 'expired-key', 'token-revoked'] as const)(
    'holds good no more where it is %s, and never again',
    async (reason) => {
      const { scene, ask } = createScene()
      scene.judged = reason
      expect(await ask()).toBe(true)
      scene.version++
      expect(await ask()).toBe(false)
      scene.judged = key
      scene.version++
      expect(await ask()).toBe(false)
    },
  )

  it('is looked at once for each change, as of its admission', async () => {
    const { scene, ask } = createScene()
    scene.now = 60_000
    scene.version++
    expect(await ask()).toBe(true)
    expect(await ask()).toBe(true)
    expect(scene.looks).toEqual([1_000])
  })

  it('is not ended by what is no revocation: the end of a token, keys of an issuer', async () => {
    const { scene, ask } = createScene()
    for (const reason of ['token-expired', 'token-signature', 'issuer-keys-unavailable'] as const) {
      scene.judged = reason
      scene.version++
      expect(await ask()).toBe(true)
    }
  })

  it('is ended by a fault of whoever judges it', async () => {
    const { scene, ask } = createScene()
    scene.judged = new Error('a bug')
    scene.version++
    expect(await ask()).toBe(false)
  })

  it('ends with the time of its key, or of the key that a token came from', async () => {
    const parent = { ...key, expiresAt: 5_000 }
    for (const principal of [
      parent,
      { ...key, kind: 'token', expiresAt: 2_000, parent } as Principal,
    ]) {
      const { scene, ask } = createScene(principal)
      scene.judged = 'expired-key'
      scene.now = 4_999
      expect(await ask()).toBe(true)
      scene.now = 5_000
      expect(await ask()).toBe(false)
    }
  })
})
