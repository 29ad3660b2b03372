import { describe, expect, it } from 'vitest'
import { noCaps } from '../model/caps.ts'
import { boundByNobody } from '../model/person.ts'
import { anonymous, type Principal } from '../model/principal.ts'
import type { VerifiedToken } from './access-token.ts'
import { type ClientGrant, principalOfToken, type TokenPrincipalDeps } from './token-principal.ts'

const own = 'https://localhost'
const foreign = 'https://auth.example'
const grant = { models: [], limits: [], caps: noCaps, cloudModels: null, weight: null }
const client: ClientGrant = {
  role: 'readwrite',
  services: ['ollama'],
  models: [],
  limits: [],
  addresses: [],
  madeBy: null,
  team: null,
}

function resolve(
  claims: object,
  { issuer = own, ...changes }: Partial<TokenPrincipalDeps> & { issuer?: string } = {},
): Principal | string {
  const registered = {
    subject: 'app',
    clientId: 'app',
    tokenId: 'one',
    issuedAt: 0,
    expiresAt: 9e12,
  }
  const verified = {
    ...{ issuer: { issuer }, claims: registered },
    token: { claims: { role: 'readwrite', ...claims } },
  } as unknown as VerifiedToken
  return principalOfToken(verified, {
    isOwn: (name) => name === own,
    foreign: () => ({
      ...{ issuer: foreign, userClaim: 'email' },
      rules: [
        {
          when: { groups: ['staff'], tier: ['1', '2'] },
          grant: { ...grant, role: 'admin', services: ['*'] },
        },
        {
          when: { 'realm.roles': ['user'] },
          grant: { ...grant, role: 'readonly', services: ['tts'] },
        },
        {
          when: { 'https://x.example/r': ['y'] },
          grant: { ...grant, role: 'readonly', services: [] },
        },
      ],
    }),
    findClient: (id) => (id === 'app' ? client : null),
    findKey: (id) =>
      id === 'good'
        ? { ...anonymous, id: 'key:good', role: 'readwrite', services: ['tts'] }
        : 'disabled-key',
    boundByMaker: boundByNobody,
    isRevoked: ({ tokenId }) => tokenId === 'revoked',
    serviceNames: ['ollama', 'tts'],
    ...changes,
  })
}

describe('the holder of a token of ours', () => {
  it('is the client as it is configured now, with the lower of both roles', () => {
    expect(resolve({})).toMatchObject({ id: 'client:app', role: 'readwrite', services: ['ollama'] })
    expect(resolve({ role: 'admin' })).toMatchObject({ role: 'readwrite' })
    expect(resolve({ role: 'readonly' })).toMatchObject({ role: 'readonly' })
    expect(resolve({}, { findClient: () => null })).toBe('token-revoked')
    expect(resolve({ role: 'root' })).toBe('malformed-token')
  })

  const narrowing = (parent: object, changes: object = {}) => ({
    gatekeeper: { parent, services: null, models: null, limits: [], addresses: [], ...changes },
  })
  const key = { kind: 'key', id: 'good' }
  const token = {
    issuer: own,
    subject: 'app',
    clientId: 'app',
    tokenId: 'x',
    issuedAt: 0,
    expiresAt: 9e12,
    claims: {},
  }

  it('that was exchanged is a separate principal, under a parent that is checked again', () => {
    const asked = narrowing(key, { services: ['tts'], limits: ['5/min'] })
    expect(resolve(asked)).toMatchObject({
      ...{ id: 'token:one', services: ['tts'], limits: [{ amount: 5 }] },
      parent: { id: 'key:good' },
    })
    expect(resolve(narrowing({ kind: 'key', id: 'gone' }))).toBe('disabled-key')
    expect(resolve(narrowing({ ...token, kind: 'client' }))).toMatchObject({
      parent: { id: 'client:app' },
    })
    expect(resolve(narrowing({ ...token, kind: 'client', tokenId: 'revoked' }))).toBe(
      'token-revoked',
    )
    expect(resolve(narrowing({ ...token, kind: 'client', clientId: 'gone' }))).toBe('token-revoked')
  })

  it('is nobody where its client was removed, and another one has the same id', () => {
    const made = (createdAt: number | null) => ({ findClient: () => ({ ...client, createdAt }) })
    const exchanged = narrowing({ ...token, kind: 'client' })
    // Tokens have whole seconds.
    for (const createdAt of [null, 0, 999]) {
      expect(resolve({}, made(createdAt))).toMatchObject({ id: 'client:app' })
      expect(resolve(exchanged, made(createdAt))).toMatchObject({ id: 'token:one' })
    }
    expect(resolve({}, made(1000))).toBe('token-revoked')
    expect(resolve(exchanged, made(1000))).toBe('token-revoked')
  })

  it.each([
    { parent: {} },
    { parent: { kind: 'other' } },
    { limits: ['much'] },
    { services: 'all' },
    { more: 1 },
  ])('with %j is malformed', (changes) => {
    expect(resolve(narrowing(key, changes))).toBe('malformed-token')
  })
})

describe('the holder of a token of another issuer', () => {
  const ask = (claims: object) => resolve(claims, { issuer: foreign })

  it('gets the grants of the first rule whose claims all match', () => {
    expect(ask({ groups: ['x', 'staff'], tier: 1, email: 'ada@x.example' })).toMatchObject({
      ...{ id: `${foreign}#app`, kind: 'token', user: 'ada@x.example', role: 'admin' },
      services: ['ollama', 'tts'],
    })
    expect(ask({ realm: { roles: ['user'] } })).toMatchObject({ role: 'readonly', user: 'app' })
    expect(ask({ 'https://x.example/r': 'y' })).toMatchObject({ services: [] })
  })

  it.each([
    {},
    { groups: 'staff' },
    { groups: 'staffing', tier: 1 },
    { groups: ['STAFF'], tier: 1 },
    { groups: { staff: true }, tier: 1 },
    { groups: null, tier: 1 },
    { realm: 'roles' },
    { 'realm.roles': [['user']] },
  ])('with %j gets nothing even with a valid signature: token-not-granted', (claims) => {
    expect(ask(claims)).toBe('token-not-granted')
  })

  it('gets nothing from claims that only our own tokens have', () => {
    expect(ask({ gatekeeper: { parent: { kind: 'key', id: 'good' } }, role: 'admin' })).toBe(
      'token-not-granted',
    )
  })
})
