import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SigningAlgorithm } from '../model/algorithm.ts'
import {
  ensureSigningKey,
  parseSigningKeys,
  rotateSigningKey,
  signingKeyPath,
} from './signing-key-file.ts'
import { openSigningKeys, type SigningKeys } from './signing-keys.ts'

let stateDir: string
let now = Date.UTC(2026, 10, 22)
const clock = () => now
const opened: SigningKeys[] = []
const rotation = (algorithm: SigningAlgorithm = 'ES256') => ({
  algorithm,
  leadMs: 60_000,
  lifetimeMs: 3_600_000,
})

async function open(): Promise<SigningKeys> {
  const keys = await openSigningKeys({ stateDir, clock })
  opened.push(keys)
  return keys
}

async function sign(keys: SigningKeys): Promise<string> {
  const signer = keys.signer()
  if (signer === null) throw new Error('no signer')
  return await new SignJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: signer.algorithm, kid: signer.kid })
    .sign(signer.key)
}

const verifies = (keys: SigningKeys, token: string) =>
  jwtVerify(token, createLocalJWKSet(keys.publicSet())).then(
    () => true,
    () => false,
  )

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'gk-signing-'))
  now = Date.UTC(2026, 10, 22)
})
afterEach(async () => {
  for (const keys of opened.splice(0)) keys.close()
  await rm(stateDir, { recursive: true, force: true })
})

describe('signing keys', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)(
    'made at first start sign with %s, are for this user only, and survive restarts',
    async (algorithm) => {
      await ensureSigningKey(stateDir, rotation(algorithm), { clock })
      const token = await sign(await open())
      await ensureSigningKey(stateDir, rotation(algorithm), { clock })
      expect(await verifies(await open(), token)).toBe(true)
      expect((await stat(signingKeyPath(stateDir))).mode & 0o777).toBe(0o600)
      expect((await stat(join(stateDir, 'signing'))).mode & 0o777).toBe(0o700)
    },
  )

  it('made by several gatekeepers at once are the same key', async () => {
    const all = Array.from({ length: 5 }, () => ensureSigningKey(stateDir, rotation(), { clock }))
    await Promise.all(all)
    expect((await open()).publicSet().keys).toHaveLength(1)
  })

  it('publish nothing secret', async () => {
    await ensureSigningKey(stateDir, rotation('RS256'), { clock })
    const [key = {}] = (await open()).publicSet().keys
    expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })

  it('rotate with an overlap: known before they sign, verified until their tokens end', async () => {
    await ensureSigningKey(stateDir, rotation(), { clock })
    const keys = await open()
    const old = keys.signer()?.kid
    const token = await sign(keys)
    const kid = await rotateSigningKey(stateDir, rotation('EdDSA'), { clock })
    await keys.reload()
    expect(keys.signer()?.kid).toBe(old)
    expect(keys.publicSet().keys.map((key) => key.kid)).toEqual([old, kid])
    now += 60_000
    expect(keys.signer()?.kid).toBe(kid)
    now += 3_599_999
    expect(await verifies(keys, token)).toBe(true)
    now += 1
    expect(await verifies(keys, token)).toBe(false)
    expect(keys.publicSet().keys.map((key) => key.kid)).toEqual([kid])
  })

  it('are followed by another gatekeeper that shares the folder', async () => {
    await ensureSigningKey(stateDir, rotation(), { clock })
    const [one, other] = [await open(), await open()]
    await rotateSigningKey(stateDir, { ...rotation(), leadMs: 0 }, { clock })
    await Promise.all([one.reload(), other.reload()])
    expect(await verifies(other, await sign(one))).toBe(true)
  })

  it('of a newly configured algorithm are added to the old ones', async () => {
    await ensureSigningKey(stateDir, rotation('ES256'), { clock })
    await ensureSigningKey(stateDir, rotation('EdDSA'), { clock })
    expect((await open()).publicSet().keys.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA'])
  })
})

describe('a file of signing keys that is missing or broken', () => {
  it.each(['', '{}', '{"version":2,"keys":[]}', '{"version":1,"keys":[{}]}', 'null', '[]'])(
    '%j stops issuing, is reported, and is not overwritten',
    async (text) => {
      await ensureSigningKey(stateDir, rotation(), { clock })
      const keys = await open()
      const token = await sign(keys)
      await writeFile(signingKeyPath(stateDir), text)
      await keys.reload()
      expect(keys.signer()).toBeNull()
      expect(keys.problems()[0]?.source).toBe(signingKeyPath(stateDir))
      // Issued tokens are still verified until the process ends.
      expect(await verifies(keys, token)).toBe(true)
      await expect(ensureSigningKey(stateDir, rotation(), { clock })).rejects.toThrow(/keys\.json/)
      expect(await readFile(signingKeyPath(stateDir), 'utf8')).toBe(text)
    },
  )

  it('that is restored is used again', async () => {
    await ensureSigningKey(stateDir, rotation(), { clock })
    const keys = await open()
    const text = await readFile(signingKeyPath(stateDir), 'utf8')
    await rm(signingKeyPath(stateDir))
    await keys.reload()
    expect(keys.signer()).toBeNull()
    await writeFile(signingKeyPath(stateDir), text, { mode: 0o600 })
    await chmod(signingKeyPath(stateDir), 0o600)
    await keys.reload()
    expect(keys.signer()).not.toBeNull()
    expect(keys.problems()).toEqual([])
  })

  it('is never quoted', () => {
    expect(String(parseSigningKeys('{"d":"secret"'))).not.toContain('secret')
  })
})
