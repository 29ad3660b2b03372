import { expect, test } from 'vitest'
import { aPrincipal, sampleKey } from '../../test/support/questions.ts'
import type { Reason } from '../model/reason.ts'
import type { TokenClass } from '../model/token-class.ts'
import { createHeldTokens, type ValidToken } from './held-tokens.ts'

const issuer = 'https://localhost:8443'
const token = 'e30.e30.x'
const parent = { kind: 'key', id: 'other' } as const

function valid(over: Partial<ValidToken> = {}): ValidToken {
  return {
    ...{ issuer, subject: 'app', clientId: null, tokenId: 'id-1', expiresAt: 1 },
    ...{ claims: { sub: 'app', secret: 'x' }, scopes: ['chat'], parent, principal: aPrincipal() },
    ...over,
  }
}

function open(
  found: ValidToken | null,
  judged: Reason | null = null,
  tokenClass: TokenClass = 'house',
) {
  return createHeldTokens({
    isOwnIssuer: (name) => name === issuer,
    authenticate: () => judged ?? aPrincipal(),
    inspectToken: (_, wanted) => Promise.resolve(wanted === tokenClass ? found : null),
  })
}

test('a credential that is refused has no owner', async () => {
  expect(await open(valid(), 'too-many-attempts').findSubject(token, '')).toBe(null)
  expect(await open(null).findSubject(token, '')).toBe(null)
})

test('a key is its own parent; a token has the parent and the scopes that it was issued with', async () => {
  const ofKey = await open(null).findSubject(sampleKey, '')
  expect(ofKey?.parent).toEqual({ kind: 'key', id: 'abcde01234' })
  expect(await open(valid()).findSubject(token, '')).toMatchObject({ parent, scopes: ['chat'] })
})

test('introspection gives registered claims only, and nothing if the owner no longer exists', async () => {
  expect(await open(valid()).introspectToken(token)).toEqual({
    ...{ sub: 'app', token_type: 'Bearer', username: 'ada' },
    ...{ role: 'readwrite', services: ['ollama'] },
  })
  expect(await open(valid({ principal: 'token-revoked' })).introspectToken(token)).toBe(null)
})

test('a token of ours with an id can be revoked even if its owner no longer exists', async () => {
  const own = { issuer, tokenId: 'id-1', clientId: 'app', expiresAt: 1 }
  expect(await open(valid({ principal: 'token-revoked' })).findOwnToken(token)).toEqual(own)
  expect(await open(valid({ issuer: 'https://other' })).findOwnToken(token)).toBe(null)
  expect(await open(valid({ tokenId: null })).findOwnToken(token)).toBe(null)
})

test('a token of another class is never exchanged or described, and can be revoked', async () => {
  const held = open(valid(), null, 'bridge')
  expect(await held.findSubject(token, '')).toBe(null)
  expect(await held.introspectToken(token)).toBe(null)
  expect(await held.findOwnToken(token)).toEqual({
    issuer,
    tokenId: 'id-1',
    clientId: 'app',
    expiresAt: 1,
  })
})
