import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SigningAlgorithm } from '../model/algorithm.ts'
import { issueToken, type TokenRequest } from './issue-token.ts'
import { ensureSigningKey } from './signing-key-file.ts'
import { openSigningKeys, type SigningKeys } from './signing-keys.ts'
import { readStatement, signStatement } from './statement.ts'

const all: SigningKeys[] = []
const folders: string[] = []

async function open(algorithm: SigningAlgorithm): Promise<SigningKeys> {
  const stateDir = await mkdtemp(join(tmpdir(), 'gk-statement-'))
  folders.push(stateDir)
  const rotation = { algorithm, leadMs: 0, lifetimeMs: 1000 }
  await ensureSigningKey(stateDir, rotation, { clock: Date.now })
  const keys = await openSigningKeys({ stateDir, clock: Date.now })
  all.push(keys)
  return keys
}
const signerOf = (keys: SigningKeys) => {
  const signer = keys.signer()
  if (signer === null) throw new Error('no signer')
  return signer
}

let keys: SigningKeys
let jws: string
beforeAll(async () => {
  keys = await open('ES256')
  jws = await signStatement({ sequence: 7 }, signerOf(keys))
})
afterAll(async () => {
  for (const opened of all) opened.close()
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
})

describe('a signed statement', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('can be read back: %s', async (algorithm) => {
    const signer = signerOf(await open(algorithm))
    const read = await readStatement(await signStatement({ a: [1] }, signer))
    expect(read).toEqual({ kid: signer.kid, statement: { a: [1] } })
  })

  it('holds nothing secret', () => {
    const header = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString())
    expect(header.jwk).not.toHaveProperty('d')
  })

  it('that was changed, or signed with another key, is not accepted', async () => {
    const [head = '', body = '', signature = ''] = jws.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    const write = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const stranger = signerOf(await open('ES256'))
    const forged = await signStatement({ sequence: 9 }, { ...stranger, kid: header.kid })
    for (const bad of [
      `${head}.${write({ sequence: 8 })}.${signature}`,
      `${write({ ...header, typ: 'at+jwt' })}.${body}.${signature}`,
      `${write({ ...header, jwk: undefined })}.${body}.${signature}`,
      // A key of its own under our name.
      forged,
      ...['', '..', 'x.y.z'],
    ]) {
      expect(await readStatement(bad)).toBeNull()
    }
  })

  it('is not a token, and a token is not a statement', async () => {
    const request: TokenRequest = {
      ...{ tokenClass: 'house', subject: 'a', clientId: 'a', role: 'admin' },
      ...{ scopes: [], ttlSeconds: 9, narrowing: null },
    }
    const deps = { signer: signerOf(keys), issuer: 'https://x', clock: Date.now }
    expect(await readStatement((await issueToken(request, deps)).token)).toBeNull()
    const header = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString())
    expect(header.typ).not.toBe('at+jwt')
  })
})
