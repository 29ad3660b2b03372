import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRateLimiter } from '../lib/load/rate-limiter.ts'
import { anonymous } from '../model/principal.ts'
import { addClient } from '../operations/clients/client-writer.ts'
import {
  type AuthorizationServerDeps,
  createAuthorizationServer,
  type TokenAct,
} from './authorization-server.ts'
import { type ClientStore, openClientStore } from './client-store.ts'
import { accessTokenType, exchangeGrantType } from './exchange-grant.ts'
import { ensureSigningKey } from './signing-key-file.ts'
import { openSigningKeys, type SigningKeys } from './signing-keys.ts'

const now = Date.now()
const clock = () => now
const issuer = 'https://localhost:8443'
let folder: string
let clients: ClientStore
let signingKeys: SigningKeys
const secrets: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-oauth-'))
  const file = join(folder, 'clients.json')
  const wanted = { services: ['litellm'], scopes: ['chat'], models: [], limits: [] }
  const rest = { addresses: [], expiresAt: null, tokenSeconds: null }
  for (const [id, role] of [
    ['app', 'readwrite'],
    ['other', 'readonly'],
    ['boss', 'admin'],
  ] as const) {
    secrets[id] = await addClient(file, { id, role, ...wanted, ...rest }, { clock })
  }
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  clients = await openClientStore({ file, fixed: [], clock, log })
  const rotation = { algorithm: 'RS256', leadMs: 0, lifetimeMs: 3_600_000 } as const
  await ensureSigningKey(folder, rotation, { clock })
  signingKeys = await openSigningKeys({ stateDir: folder, clock })
})
afterAll(async () => {
  clients.close()
  signingKeys.close()
  await rm(folder, { recursive: true, force: true })
})

function setUp(changes: Partial<AuthorizationServerDeps> = {}) {
  const revoked: string[] = []
  const recorded: TokenAct[] = []
  const server = createAuthorizationServer({
    ...{ issuer, ttlSeconds: 3600, clients, signingKeys, clock },
    consoleOrigin: 'https://console.localhost:8444',
    refuseAddress: () => {},
    attempts: createRateLimiter({ burst: 5, perMinute: 1 }, clock),
    findSubject: (credential) =>
      Promise.resolve(
        credential === 'good'
          ? {
              principal: { ...anonymous, id: 'key:0123456789', services: ['ollama'] },
              parent: { kind: 'key', id: '0123456789' },
              scopes: ['chat'],
            }
          : null,
      ),
    introspectToken: (token) => Promise.resolve(token === 'good' ? { sub: 'app' } : null),
    findOwnToken: (token) =>
      Promise.resolve(
        token.startsWith('of-')
          ? { issuer, tokenId: token, clientId: token.slice(3), expiresAt: now + 1000 }
          : null,
      ),
    revoke: ({ tokenId }) => Promise.resolve(void revoked.push(tokenId)),
    record: (act) => Promise.resolve(void recorded.push(act)),
    ...changes,
  })
  return { server, revoked, recorded }
}

const ask = (entries: Record<string, string>, authorization: string | null = null) => ({
  parameters: new Map(Object.entries(entries)),
  authorization,
  ...{ addressGroup: '192.0.2.1', clientAddress: '192.0.2.1' },
})
const as = (id: string, entries: Record<string, string> = {}) =>
  ask({ client_id: id, client_secret: secrets[id] ?? 'x', ...entries })
const wantsToken = { grant_type: 'client_credentials' }

describe('C1 and C3: the token endpoint', () => {
  it('gives a client a token of RFC 9068, by body and by Basic', async () => {
    const { server } = setUp()
    const basic = `Basic ${Buffer.from(`app:${secrets['app']}`).toString('base64')}`
    for (const request of [as('app', wantsToken), ask(wantsToken, basic)]) {
      const { status, body } = await server.token(request)
      expect(status).toBe(200)
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'chat' })
      const token = String(body?.['access_token'])
      const keys = createLocalJWKSet(signingKeys.publicSet())
      const { payload } = await jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt' })
      expect(payload).toMatchObject({
        sub: 'app',
        client_id: 'app',
        role: 'readwrite',
        scope: 'chat',
      })
      expect(payload.exp).toBe((payload.iat ?? 0) + 3600)
      expect(payload.jti).toBeTypeOf('string')
      expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
    }
  })

  it('C2: names the error, and the same one for an unknown client and a wrong secret', async () => {
    const { server } = setUp()
    const wrong = [
      ask({ ...wantsToken, client_id: 'app', client_secret: 'x' }),
      ask({ ...wantsToken, client_id: 'nobody', client_secret: 'x' }),
      ask({ ...wantsToken, client_id: '__proto__', client_secret: 'x' }),
    ]
    const answers = await Promise.all(wrong.map((request) => server.token(request)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    const cases: [object, string][] = [
      [{}, 'invalid_request'],
      [{ grant_type: 'client_credentials' }, 'invalid_request'],
      [{ ...wantsToken, client_id: 'app' }, 'invalid_request'],
      [{ grant_type: 'password' }, 'unsupported_grant_type'],
      [{ grant_type: 'authorization_code' }, 'unsupported_grant_type'],
    ]
    for (const [entries, error] of cases) {
      const answer = await server.token(ask(entries as Record<string, string>))
      expect(answer).toMatchObject({ status: 400, body: { error } })
    }
    expect(await server.token(as('app', { ...wantsToken, scope: 'admin' }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    })
  })

  it('C2: attempts are limited per client and address, and a successful one does not count', async () => {
    const { server } = setUp()
    for (let at = 0; at < 20; at++) {
      expect((await server.token(as('app', wantsToken))).status).toBe(200)
    }
    const guess = () => server.token(ask({ ...wantsToken, client_id: 'app', client_secret: 'x' }))
    const statuses = (await Promise.all(Array.from({ length: 8 }, guess))).map(
      ({ status }) => status,
    )
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    const elsewhere = { ...as('app', wantsToken), addressGroup: '192.0.2.2' }
    expect((await server.token(elsewhere)).status).toBe(200)
  })

  it('that cannot sign says so, and not why', async () => {
    const { server } = setUp({ signingKeys: { signer: () => null } })
    expect(await server.token(as('app', wantsToken))).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable' },
    })
  })
})

describe('an exchange', () => {
  const wants = {
    ...{ grant_type: exchangeGrantType, subject_token: 'good' },
    subject_token_type: accessTokenType,
  }

  it('gives the owner of a key a token that names its parent', async () => {
    const { status, body } = await setUp().server.token(ask({ ...wants, expires_in: '60' }))
    expect([status, body?.['issued_token_type'], body?.['expires_in']]).toEqual([
      200,
      accessTokenType,
      60,
    ])
    const keys = createLocalJWKSet(signingKeys.publicSet())
    const { payload } = await jwtVerify(String(body?.['access_token']), keys)
    expect(payload).toMatchObject({ gatekeeper: { parent: { kind: 'key', id: '0123456789' } } })
  })

  it('of a bad subject, or with a bad client, gives nothing', async () => {
    const { server } = setUp()
    expect(await server.token(ask({ ...wants, subject_token: 'bad' }))).toMatchObject({
      body: { error: 'invalid_grant' },
    })
    expect(await server.token(as('nobody', wants))).toMatchObject({ status: 401 })
  })
})

describe('introspection and revocation', () => {
  it('require a client', async () => {
    const { server } = setUp()
    for (const endpoint of [server.introspect, server.revoke]) {
      expect((await endpoint(ask({ token: 'good' }))).status).toBe(400)
      expect((await endpoint(as('nobody', { token: 'good' }))).status).toBe(401)
      expect((await endpoint(as('app'))).status).toBe(400)
    }
  })

  it('give the same answer for every bad token', async () => {
    const { server } = setUp()
    expect((await server.introspect(as('app', { token: 'good' }))).body).toEqual({
      active: true,
      sub: 'app',
    })
    expect((await server.introspect(as('app', { token: 'bad' }))).body).toEqual({ active: false })
    expect(await server.revoke(as('app', { token: 'bad' }))).toEqual({ status: 200, body: null })
  })

  it('let a client revoke its own tokens, and an admin all tokens', async () => {
    const { server, revoked } = setUp()
    expect((await server.revoke(as('other', { token: 'of-app' }))).status).toBe(400)
    expect(revoked).toEqual([])
    expect((await server.revoke(as('app', { token: 'of-app' }))).status).toBe(200)
    expect((await server.revoke(as('boss', { token: 'of-other' }))).status).toBe(200)
    expect(revoked).toEqual(['of-app', 'of-other'])
  })
})

describe('the audit', () => {
  const token = () => as('app', { grant_type: 'client_credentials' })

  it('records every token that is issued or revoked, and never the token itself', async () => {
    const { server, recorded } = setUp()
    const answer = await server.token(token())
    await server.revoke(as('app', { token: 'of-app' }))
    expect(recorded).toEqual([
      expect.objectContaining({ event: 'token.issued', clientId: 'app', role: 'readwrite' }),
      expect.objectContaining({ event: 'token.revoked', clientId: 'app', tokenId: 'of-app' }),
    ])
    expect(JSON.stringify(recorded)).not.toContain(String(answer.body?.['access_token']))
  })

  it('prevents an act that it cannot record', async () => {
    const { server, revoked } = setUp({ record: () => Promise.reject(new Error('full')) })
    const answer = await server.token(token())
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect((await server.revoke(as('app', { token: 'of-app' }))).status).toBe(503)
    expect(revoked).toEqual([])
  })
})
