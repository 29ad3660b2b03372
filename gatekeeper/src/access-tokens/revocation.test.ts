import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openRevocations, type Revocations } from './revocation.ts'
import type { TokenIdentity } from './token-claims.ts'

let folder: string
let path: string
let now: number
const opened: Revocations[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-revocations-'))
  path = join(folder, 'revocations.json')
  now = 1_000_000
})
afterEach(async () => {
  for (const revocations of opened.splice(0)) revocations.close()
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true, force: true })
})

async function open(): Promise<Revocations> {
  const revocations = await openRevocations({ path, clock: () => now })
  opened.push(revocations)
  return revocations
}

const token = (claims: Partial<TokenIdentity>, issuer = 'https://a.example'): TokenIdentity => ({
  ...{ issuer, tokenId: 'one', clientId: 'app', issuedAt: now - 1000 },
  ...claims,
})

describe('the tokens of a user who logged out', () => {
  it('have ended here, at another gatekeeper, and after a restart; revoking others keeps it', async () => {
    const [here, there] = [await open(), await open()]
    await here.endSubject('shop:ada')
    await there.reload()
    const restarted = await open()
    await restarted.revokeClient({ issuer: 'https://a.example', clientId: 'other' })
    for (const revocations of [here, there, restarted, await open()]) {
      expect(revocations.isEnded({ subject: 'shop:ada', issuedAt: now })).toBe(true)
      expect(revocations.isEnded({ subject: 'shop:ada', issuedAt: now + 1 })).toBe(false)
      expect(revocations.isEnded({ subject: 'shop:bob', issuedAt: now })).toBe(false)
    }
  })

  it('make a file that a reader without them refuses; without one it stays as it was', async () => {
    const revocations = await open()
    await revocations.revokeClient({ issuer: 'https://a.example', clientId: 'app' })
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1 })
    await revocations.endSubject('shop:ada')
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 2 })
  })

  it('never end tokens of another class that have the same subject', async () => {
    const revocations = await open()
    await revocations.endSubject('key:abc')
    expect(revocations.isRevoked(token({ clientId: 'key:abc' }))).toBe(false)
  })
})

describe('a revoked token', () => {
  it('is revoked here, at another gatekeeper, and after a restart', async () => {
    const [here, there] = [await open(), await open()]
    await here.revokeToken({ issuer: 'https://a.example', tokenId: 'one', expiresAt: now + 60_000 })
    expect(here.isRevoked(token({}))).toBe(true)
    await there.reload()
    expect(there.isRevoked(token({}))).toBe(true)
    expect((await open()).isRevoked(token({}))).toBe(true)
  })

  it('does not affect another token, nor the same id of another issuer', async () => {
    const revocations = await open()
    await revocations.revokeToken({ issuer: 'https://a.example', tokenId: 'one', expiresAt: 2e6 })
    expect(revocations.isRevoked(token({ tokenId: 'two' }))).toBe(false)
    expect(revocations.isRevoked(token({}, 'https://b.example'))).toBe(false)
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(revocations.isRevoked(token({ tokenId: name, clientId: name }))).toBe(false)
    }
  })

  it('is forgotten after its expiry, and not before', async () => {
    const revocations = await open()
    const issuer = 'https://a.example'
    await revocations.revokeToken({ issuer, tokenId: 'one', expiresAt: now + 10 })
    now += 9
    await revocations.revokeToken({ issuer, tokenId: 'two', expiresAt: now + 60_000 })
    expect(revocations.isRevoked(token({}))).toBe(true)
    now += 1
    await revocations.revokeToken({ issuer, tokenId: 'three', expiresAt: now + 60_000 })
    expect(await readFile(path, 'utf8')).not.toContain('one')
  })

  it('is never lost when two gatekeepers revoke at once', async () => {
    const all = await Promise.all([open(), open(), open()])
    const issuer = 'https://a.example'
    await Promise.all(
      all.flatMap((revocations, at) =>
        ['x', 'y'].map((name) =>
          revocations.revokeToken({ issuer, tokenId: `${name}${at}`, expiresAt: now + 60_000 }),
        ),
      ),
    )
    const last = await open()
    const names = ['x0', 'y0', 'x1', 'y1', 'x2', 'y2']
    expect(names.every((tokenId) => last.isRevoked(token({ tokenId })))).toBe(true)
  })
})

describe('a revoked client', () => {
  it('loses every token that it holds, and may be given new ones', async () => {
    const revocations = await open()
    await revocations.revokeClient({ issuer: 'https://a.example', clientId: 'app' })
    expect(revocations.isRevoked(token({ issuedAt: now }))).toBe(true)
    expect(revocations.isRevoked(token({ issuedAt: null }))).toBe(true)
    expect(revocations.isRevoked(token({ clientId: 'other' }))).toBe(false)
    expect(revocations.isRevoked(token({ issuedAt: now + 1000 }))).toBe(false)
    const namesake = token({ issuer: 'https://b.example', issuedAt: now })
    expect(revocations.isRevoked(namesake)).toBe(false)
  })
})

it('a deleted file restores no revoked token', async () => {
  const revocations = await open()
  const issuer = 'https://a.example'
  await revocations.revokeToken({ issuer, tokenId: 'one', expiresAt: now + 60_000 })
  await rm(path)
  await revocations.reload()
  expect(revocations.isRevoked(token({}))).toBe(true)
  expect(revocations.problems()[0]?.what).toBe('was deleted')
})

describe('a broken file', () => {
  it.each(['', 'x', '{}', '{"version":2}', '{"version":1,"tokens":[],"clients":{}}', '[]', 'null'])(
    '%j stops the start; later the last good revocations stay, and the file is not overwritten',
    async (text) => {
      const revocations = await open()
      const issuer = 'https://a.example'
      await revocations.revokeToken({ issuer, tokenId: 'one', expiresAt: now + 60_000 })
      await writeFile(path, text)
      await revocations.reload()
      expect(revocations.isRevoked(token({}))).toBe(true)
      expect(revocations.problems()[0]?.source).toBe(path)
      const late = revocations.revokeToken({ issuer, tokenId: 'two', expiresAt: now + 60_000 })
      await expect(late).rejects.toThrow()
      expect(await readFile(path, 'utf8')).toBe(text)
      await expect(open()).rejects.toThrow()
    },
  )
})
