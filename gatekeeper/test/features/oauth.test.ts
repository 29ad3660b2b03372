/**
 * Tokens, end to end: requested through Caddy by OAuth clients, and used at both points.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addClient,
  removeClient,
  rotateClient,
} from '../../src/operations/clients/client-writer.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const deps = { clock: Date.now }
const key = makeKey({ user: 'ada', role: 'readwrite', services: ['ollama', 'tts'] })

describe.skipIf(testCaddy === null)('tokens', () => {
  let stack: Stack
  let clientsFile: string
  const secrets: Record<string, string> = {}

  beforeAll(async () => {
    stack = await startStack({
      keys: [key],
      env: { OAUTH_CLIENT_ID_ADMIN: 'boss', OAUTH_CLIENT_SECRET_ADMIN: 'b'.repeat(40) },
    })
    secrets['boss'] = 'b'.repeat(40)
    clientsFile = join(dirname(stack.keysFile), 'clients.json')
    for (const [id, role, services] of [
      ['app', 'readwrite', ['ollama']],
      ['reader', 'readonly', ['ollama']],
      ['talker', 'readwrite', ['tts']],
    ] as const) {
      const wanted = { id, role, services, scopes: ['chat'], models: [], limits: [] }
      const rest = { addresses: [], expiresAt: null, tokenSeconds: null }
      secrets[id] = await addClient(clientsFile, { ...wanted, ...rest }, deps)
    }
    await eventually(async () => (await ask({}, 'talker')).status === 200)
  })
  afterAll(async () => {
    await stack?.stop()
  })

  /** The file is watched; the promise is two seconds, and a slow machine gets longer. */
  async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
    await waitUntil(isTrue, { limitMs: 20_000, describe: () => 'it did not become true' })
  }

  const post = (path: string, entries: Record<string, string>, options: SendOptions = {}) =>
    stack.send(path, {
      method: 'POST',
      body: new URLSearchParams(entries).toString(),
      ...options,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...options.headers },
    })
  const as = (id: string) => ({ client_id: id, client_secret: secrets[id] ?? '' })
  const ask = (entries: Record<string, string> = {}, id = 'app') =>
    post('/oauth/token', { grant_type: 'client_credentials', ...as(id), ...entries })
  const tokenOf = async (id = 'app') => {
    const { access_token } = JSON.parse((await ask({}, id)).text) as { access_token: string }
    return access_token
  }
  const narrow = (credential: string, entries: Record<string, string> = {}) =>
    post('/oauth/token', {
      ...{ grant_type: exchange, subject_token: credential, subject_token_type: accessToken },
      ...entries,
    })
  const narrowed = async (credential: string, entries: Record<string, string> = {}) => {
    const answer = await narrow(credential, entries)
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return (JSON.parse(answer.text) as { access_token: string }).access_token
  }
  const chat = { model: 'demo', messages: [{ role: 'user', content: 'hi' }], stream: false }
  const use = (credential: string, path = '/api/chat') =>
    stack.send(path, { key: credential, json: chat })

  it('C1: a client gets a token that opens its services at both points, and no others', async () => {
    const answer = await ask()
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    const body = JSON.parse(answer.text) as { access_token: string }
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'chat' })
    for (const path of ['/api/chat', '/chat/api/chat']) {
      expect([path, (await use(body.access_token, path)).status]).toEqual([path, 200])
    }
    expect(
      (await stack.send('/tts/v1/audio/speech', { key: body.access_token, json: {} })).status,
    ).toBe(403)
    const asField = await stack.send('/api/tags', { headers: { 'x-api-key': body.access_token } })
    expect(asField.status).toBe(200)
  })

  it('C4: the role of the client is enforced', async () => {
    const token = await tokenOf('reader')
    expect((await stack.send('/api/tags', { key: token })).status).toBe(200)
    expect((await use(token)).status).toBe(403)
    expect((await use(token, '/chat/api/chat')).status).toBe(403)
  })

  it('the identity that a service receives names the client', async () => {
    await use(await tokenOf())
    const headers = stack.upstream.received.at(-1)?.headers
    expect(headers).toMatchObject({
      'x-gatekeeper-user': ['app'],
      'x-gatekeeper-key-id': ['client%3Aapp'],
    })
    expect(JSON.stringify(headers)).not.toContain('eyJ')
  })

  it('C6: a third party verifies a token with the published keys and metadata', async () => {
    const metadata = await stack.send('/.well-known/oauth-authorization-server')
    const { issuer, jwks_uri } = JSON.parse(metadata.text) as { issuer: string; jwks_uri: string }
    expect(issuer).toBe(stack.url)
    const get = (url: string) => fetch(url, { dispatcher: stack.dispatcher as never }) as never
    const keys = createRemoteJWKSet(new URL(jwks_uri), { [customFetch]: get })
    const verified = await jwtVerify(await tokenOf(), keys, {
      issuer,
      audience: issuer,
      typ: 'at+jwt',
    })
    expect(verified.payload['client_id']).toBe('app')
    expect(verified.protectedHeader.kid).toBeTypeOf('string')
    const set = await stack.send('/.well-known/jwks.json')
    expect(set.text).not.toMatch(/"(?:d|p|q|k)":/)
    expect((await stack.send('/.well-known/oauth-protected-resource')).status).not.toBe(200)
    // Unknown paths look the same to a caller without a credential.
    expect((await stack.send('/.well-known/openid-configuration')).status).toBe(401)
  })

  it('an independent client library works: discovery, token, introspection, revocation', async () => {
    const ours = (url: string, init: object) =>
      fetch(url, { ...init, dispatcher: stack.dispatcher } as never) as never
    const options = { [oauth.customFetch]: ours as never }
    const issuer = new URL(stack.url)
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
    const server = await oauth.processDiscoveryResponse(issuer, found)
    const client = { client_id: 'app' }
    const auth = oauth.ClientSecretBasic(secrets['app'] ?? '')
    const parameters = new URLSearchParams({ scope: 'chat' })
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      auth,
      parameters,
      options,
    )
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, response)
    const introspect = async () =>
      await oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, auth, access_token, options),
      )
    expect(await introspect()).toMatchObject({ active: true, client_id: 'app', role: 'readwrite' })
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, auth, access_token, options),
    )
    expect(await introspect()).toEqual({ active: false })
    expect((await use(access_token)).status).toBe(401)
  })

  it("and another one: openid-client's grant, exchange, introspection and revocation", async () => {
    const ours = (url: string, init: object) =>
      fetch(url, { ...init, dispatcher: stack.dispatcher } as never) as never
    const options = { algorithm: 'oauth2', [openid.customFetch]: ours as never } as const
    const auth = openid.ClientSecretPost(secrets['app'] ?? '')
    const config = await openid.discovery(new URL(stack.url), 'app', {}, auth, options)
    const { access_token, expires_in } = await openid.clientCredentialsGrant(config, {
      scope: 'chat',
    })
    expect(expires_in).toBe(3600)
    const narrower = await openid.genericGrantRequest(config, exchange, {
      ...{ subject_token: access_token, subject_token_type: accessToken, expires_in: '60' },
    })
    expect(narrower).toMatchObject({ issued_token_type: accessToken, expires_in: 60 })
    expect((await use(narrower.access_token)).status).toBe(200)
    expect(await openid.tokenIntrospection(config, narrower.access_token)).toMatchObject({
      ...{ active: true, sub: 'client:app', scope: 'chat' },
    })
    await openid.tokenRevocation(config, access_token)
    // Tokens exchanged from it end with it.
    for (const token of [access_token, narrower.access_token]) {
      expect((await openid.tokenIntrospection(config, token)).active).toBe(false)
      expect((await use(token)).status).toBe(401)
    }
    await expect(openid.clientCredentialsGrant(config, { scope: 'root' })).rejects.toMatchObject({
      error: 'invalid_scope',
    })
  })

  it('C1: only scopes of the client are granted; two ways of authentication at once are refused', async () => {
    expect((await ask({ scope: 'chat' })).status).toBe(200)
    const refused = await ask({ scope: 'chat admin' })
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('invalid_scope')])
    const narrower = await narrow(await tokenOf(), { scope: 'admin' })
    expect([narrower.status, narrower.text]).toEqual([
      ...[400, expect.stringContaining('invalid_scope')],
    ])
    const basic = `Basic ${btoa(`app:${secrets['app']}`)}`
    const grant = { grant_type: 'client_credentials' }
    const once = await post('/oauth/token', grant, { headers: { authorization: basic } })
    expect(once.status).toBe(200)
    const both = { ...grant, ...as('app') }
    for (const authorization of [basic, [basic, basic]]) {
      const headers = { authorization }
      const twice = await post('/oauth/token', both, { headers })
      expect([twice.status, twice.text]).toEqual([
        ...[400, expect.stringContaining('invalid_request')],
      ])
    }
    const json = await stack.send('/oauth/token', { json: both })
    expect(json.status).toBe(200)
  })

  it('C3, C5: a token states its client, its lifetime and its signing key', async () => {
    const token = await tokenOf()
    const { exp = 0, iat = 0, ...claims } = decodeJwt(token)
    expect(exp - iat).toBe(3600)
    expect(claims).toEqual({
      ...{ iss: stack.url, aud: stack.url, sub: 'app', client_id: 'app', jti: expect.any(String) },
      ...{ role: 'readwrite', scope: 'chat' },
    })
    expect(decodeProtectedHeader(token)).toEqual({
      ...{ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) },
    })
  })

  it('a token of ours or a client secret in a URL is refused, and in no log', async () => {
    const token = await tokenOf()
    const secret = secrets['app'] ?? ''
    for (const credential of [token, secret]) {
      for (const path of [
        `/api/tags?token=${credential}`,
        `/chat/api/tags?token=${credential}`,
        `/chat/api/tags?token=${credential.replaceAll('.', '%2E').replaceAll('_', '%5F')}`,
        `/api/${credential}`,
        `/oauth/token?client_secret=${credential}`,
      ]) {
        const answer = await stack.send(path, { key: key.key })
        expect([path.slice(0, 12), answer.status]).toEqual([path.slice(0, 12), 400])
        expect(answer.text).not.toContain(credential)
      }
      await stack.send('/nothing', { headers: { 'user-agent': `curl Bearer ${credential}` } })
    }
    // The token of another issuer is left to the application.
    const theirs = [{ alg: 'HS256' }, { iss: 'https://app.example' }, {}].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const passed = await stack.send(`/chat/api/tags?jwt=${theirs.join('.')}`, { key: key.key })
    expect(passed.status).toBe(200)
    const logs = stack.gatekeeper.output() + stack.caddy.output()
    for (const [, part] of [token.split('.'), ['', secret], ['', theirs[1]]]) {
      expect(logs).not.toContain(part)
    }
  })

  it('a revoked token is refused at both points, respelled or not, and stays so after a restart', async () => {
    const token = await tokenOf()
    const other = await tokenOf()
    expect((await use(token)).status).toBe(200)
    const refused = await post('/oauth/revoke', { token, ...as('talker') })
    expect(refused.status).toBe(400)
    expect((await post('/oauth/revoke', { token, ...as('app') })).status).toBe(200)
    for (const path of ['/api/chat', '/chat/api/chat']) {
      for (const spelling of [token, `${token}=`, `${token}.`]) {
        expect((await use(spelling, path)).status).toBe(401)
      }
      expect((await use(other, path)).status).toBe(200)
    }
    const kept = readFileSync(join(stack.stateDir, 'revocations.json'), 'utf8')
    expect(kept).toContain(String(decodeJwt(token).jti))
    expect(kept).not.toContain(token)
  })

  it('a client that is removed takes its tokens with it', async () => {
    const wanted = {
      id: 'brief',
      role: 'readwrite',
      services: ['ollama'],
      scopes: ['chat'],
    } as const
    const rest = { models: [], limits: [], addresses: [], expiresAt: null, tokenSeconds: null }
    secrets['brief'] = await addClient(clientsFile, { ...wanted, ...rest }, deps)
    await eventually(async () => (await ask({}, 'brief')).status === 200)
    const token = await tokenOf('brief')
    expect((await use(token)).status).toBe(200)
    secrets['brief'] = await rotateClient(clientsFile, { id: 'brief', overlapMs: 0 }, deps)
    await eventually(async () => (await ask({}, 'brief')).status === 200)
    expect((await use(token)).status).toBe(200)
    await removeClient(clientsFile, 'brief')
    await eventually(async () => (await use(token)).status === 401)
  })

  describe('an exchange (RFC 8693)', () => {
    it('gives the holder of a key a token for less: services, models, role, address', async () => {
      const token = await narrowed(key.key, { services: 'ollama', models: 'demo:*' })
      expect((await use(token)).status).toBe(200)
      expect((await stack.send('/tts/v1/audio/speech', { key: token, json: {} })).status).toBe(403)
      const other = { ...chat, model: 'mistral' }
      expect((await stack.send('/api/chat', { key: token, json: other })).status).toBe(404)
      const reader = await narrowed(key.key, { role: 'readonly' })
      expect((await use(reader)).status).toBe(403)
      const elsewhere = await narrowed(key.key, { addresses: '203.0.113.0/24' })
      expect((await use(elsewhere)).status).toBe(403)
    })

    it('gives nothing beyond its parent', async () => {
      expect((await narrow(key.key, { services: 'litellm' })).status).toBe(400)
      expect((await narrow(key.key, { role: 'admin' })).status).toBe(400)
      expect((await narrow('gk_0123456789_x')).status).toBe(400)
      const ofReader = await narrowed(await tokenOf('reader'))
      expect((await use(ofReader)).status).toBe(403)
    })

    it('cannot use its own token again', async () => {
      const token = await narrowed(key.key)
      const answer = await narrow(token)
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('invalid_grant')])
    })

    it('ends at once with its parent', async () => {
      const file = JSON.parse(readFileSync(stack.keysFile, 'utf8')) as {
        keys: Record<string, Record<string, unknown>>
      }
      const brief = makeKey({ user: 'bo', role: 'readwrite', services: ['ollama'] })
      const put = async (changes: Record<string, unknown>) => {
        const keys = { ...file.keys, [brief.id]: { ...brief.entry, ...changes } }
        await writeFile(stack.keysFile, JSON.stringify({ ...file, keys }))
      }
      await put({})
      await eventually(async () => (await use(brief.key)).status === 200)
      const token = await narrowed(brief.key)
      expect((await use(token)).status).toBe(200)
      await put({ services: ['tts'] })
      await eventually(async () => (await use(token)).status === 403)
      await put({ disabled: true })
      await eventually(async () => (await use(token)).status === 401)
    })

    it('is charged to its parent: the limits of both count', async () => {
      const limited = makeKey({ user: 'cy', role: 'readwrite', services: ['ollama'] })
      const file = JSON.parse(readFileSync(stack.keysFile, 'utf8')) as { keys: object }
      const keys = { ...file.keys, [limited.id]: { ...limited.entry, limits: ['3/day'] } }
      await writeFile(stack.keysFile, JSON.stringify({ ...file, keys }))
      await eventually(
        async () => (await stack.send('/status', { key: limited.key })).status === 200,
      )
      const [one, other] = [
        await narrowed(limited.key, { limits: '2/day' }),
        await narrowed(limited.key),
      ]
      expect([(await use(one)).status, (await use(one)).status]).toEqual([200, 200])
      expect((await use(one)).status).toBe(429)
      expect((await use(other)).status).toBe(200)
      expect((await use(other)).status).toBe(429)
      expect((await use(limited.key)).status).toBe(429)
    })
  })

  it('C2: what is missing, unknown or unsupported has its own code', async () => {
    const grant = { grant_type: 'client_credentials' }
    for (const [entries, status, error] of [
      [{}, 400, 'invalid_request'],
      [grant, 400, 'invalid_request'],
      [{ ...grant, client_id: 'app' }, 400, 'invalid_request'],
      [{ ...grant, client_id: 'app', client_secret: 'x' }, 401, 'invalid_client'],
      [{ ...as('app'), grant_type: 'password' }, 400, 'unsupported_grant_type'],
      [{ ...as('app'), grant_type: 'authorization_code' }, 400, 'unsupported_grant_type'],
    ] as const) {
      const answer = await post('/oauth/token', entries)
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        ...[status, { error, error_description: expect.any(String) }],
      ])
    }
  })

  it('C2: a bad client learns nothing, and no credential reaches a log', async () => {
    const wrong = await post('/oauth/token', {
      ...{ grant_type: 'client_credentials', client_id: 'app', client_secret: 'wrong-secret-1234' },
    })
    const unknown = await post('/oauth/token', {
      ...{
        grant_type: 'client_credentials',
        client_id: 'nobody',
        client_secret: 'wrong-secret-1234',
      },
    })
    expect([wrong.status, wrong.text]).toEqual([unknown.status, unknown.text])
    const token = await tokenOf()
    await use(`${token}x`)
    const logs = stack.gatekeeper.output() + stack.caddy.output()
    for (const secret of [token, 'wrong-secret-1234', ...Object.values(secrets), key.key]) {
      expect(logs).not.toContain(secret)
    }
  })

  it('an API key is refused at the token endpoint, and client credentials everywhere else', async () => {
    const answer = await post(
      '/oauth/token',
      { grant_type: 'client_credentials' },
      { key: key.key },
    )
    expect(answer.status).toBe(400)
    expect((await use(secrets['app'] ?? '')).status).toBe(401)
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect((await stack.send('/oauth/token', { method })).status).toBe(401)
    }
    expect((await stack.send('/oauth/other', { method: 'POST' })).status).toBe(401)
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const entries = { grant_type: 'client_credentials', ...as('app') }
    expect((await post('/oauth/token', entries, { headers: foreign })).status).toBe(403)
  })
})
