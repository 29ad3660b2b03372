import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { aPrincipal } from '../../test/support/questions.ts'
import { boundByNobody } from '../model/person.ts'
import { issueToken } from '../oauth/issue-token.ts'
import { createOwnIssuers } from './own-issuer.ts'
import type { Revocations } from './revocation.ts'
import { openTokenAuthentication } from './token-authentication.ts'

const now = Date.UTC(2026, 10, 30, 12)
const seconds = now / 1000
const issuer = 'https://ai.example'

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const publicJwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
const publicSet = { keys: [publicJwk] }
const signer = { key: privateKey, kid: 'one', algorithm: 'ES256', publicJwk } as const
const user = aPrincipal({ id: 'app:shop:ada' })
const client = {
  role: 'readwrite',
  services: ['*'],
  models: [],
  limits: [],
  addresses: [],
  madeBy: null,
  team: null,
} as const

let names: readonly string[] = [issuer]

const tokens = await openTokenAuthentication({
  entries: [],
  own: createOwnIssuers(() => names, {
    publicSet: () => publicSet,
    reload: () => Promise.resolve(),
  }),
  revocations: { isRevoked: () => false } as unknown as Revocations,
  fetchDocument: () => Promise.reject(new Error('no network')),
  clock: () => now,
  log: { warn: () => {} },
  findAppUser: ({ claims: { subject } }) => (subject === 'shop:ada' ? user : 'token-revoked'),
  findClient: (id) => (id === 'shop' ? client : null),
  findKey: () => 'unknown-key',
  boundByMaker: boundByNobody,
  serviceNames: ['ollama'],
})

const issue = async (tokenClass: 'house' | 'bridge') => {
  const subject = tokenClass === 'bridge' ? 'shop:ada' : 'shop'
  const terms = { clientId: 'shop', role: 'readwrite', scopes: [], narrowing: null } as const
  const request = { tokenClass, subject, ...terms, ttlSeconds: 60 }
  return (await issueToken(request, { signer, issuer, clock: () => now })).token
}

const sign = (typ: string, aud: unknown) =>
  new SignJWT({
    ...{ iss: issuer, sub: 'shop:ada', client_id: 'shop', jti: 'x' },
    aud,
  } as JWTPayload)
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ })
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 60)
    .sign(privateKey)

describe('a token of ours', () => {
  it('is good for its own class', async () => {
    expect(await tokens.authenticate(await issue('house'), 'house')).toMatchObject({
      ...{ id: 'client:shop', services: ['ollama'] },
    })
    expect(await tokens.authenticate(await issue('bridge'), 'bridge')).toBe(user)
  })

  it('of another class is refused, verified before or not', async () => {
    const [house, bridge] = [await issue('house'), await issue('bridge')]
    for (let turn = 0; turn < 2; turn++) {
      expect(await tokens.authenticate(bridge, 'house')).toBe('token-type')
      expect(await tokens.authenticate(house, 'bridge')).toBe('token-type')
      expect(await tokens.inspect(bridge, 'house')).toBe(null)
      expect(await tokens.authenticate(house, 'house')).toHaveProperty('id')
      expect(await tokens.authenticate(bridge, 'bridge')).toHaveProperty('id')
    }
  })

  it('with the type of one class and the audience of another is refused by both', async () => {
    for (const [typ, aud] of [
      ['at+jwt', `${issuer}/bridge`],
      ['gk-bridge+jwt', issuer],
    ] as const) {
      const token = await sign(typ, aud)
      for (const name of ['house', 'bridge'] as const) {
        expect(await tokens.authenticate(token, name)).toMatch(/^token-(type|audience)$/)
      }
    }
  })

  it('whose audience is a list is refused, even a list of the right one', async () => {
    for (const aud of [[`${issuer}/bridge`], [`${issuer}/bridge`, issuer], []]) {
      expect(await tokens.authenticate(await sign('gk-bridge+jwt', aud), 'bridge')).toBe(
        'token-audience',
      )
    }
    expect(await tokens.authenticate(await sign('at+jwt', [issuer]), 'house')).toBe(
      'token-audience',
    )
  })
})

describe('after our issuer name has changed', () => {
  it('a token with the old name is good for its class until that name has ended', async () => {
    const [house, bridge] = [await issue('house'), await issue('bridge')]
    names = ['https://new.example', issuer]
    expect(await tokens.authenticate(house, 'house')).toMatchObject({ id: 'client:shop' })
    expect(await tokens.authenticate(bridge, 'bridge')).toBe(user)
    expect(await tokens.authenticate(house, 'bridge')).toBe('token-type')
    names = ['https://new.example']
    expect(await tokens.authenticate(house, 'house')).toBe('unknown-issuer')
    expect(await tokens.authenticate(bridge, 'bridge')).toBe('unknown-issuer')
    names = [issuer]
  })

  it('no token has one name and the audience of the other', async () => {
    names = ['https://new.example', issuer]
    const token = await sign('at+jwt', 'https://new.example')
    expect(await tokens.authenticate(token, 'house')).toBe('token-audience')
    names = [issuer]
  })
})
