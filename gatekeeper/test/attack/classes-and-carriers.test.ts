/**
 * Every class of token at every route and every grant, and every carrier at every kind of route: a
 * credential is good where it is meant to be and nowhere else.
 */
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownServices } from '../../src/kinds/own/own-services.ts'
import type { App } from '../../src/model/app.ts'
import { carriers } from '../../src/model/credential-fields.ts'
import type { Reason } from '../../src/model/reason.ts'
import { type TokenClass, tokenClasses, tokenClassNames } from '../../src/model/token-class.ts'
import { issueToken } from '../../src/oauth/issue-token.ts'
import { openSigningKeys } from '../../src/oauth/signing-keys.ts'
import { addClient } from '../../src/operations/clients/client-writer.ts'
import { waitUntil } from '../support/child.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import {
  type Answer,
  type SendOptions,
  type Stack,
  startStack,
  testCaddy,
} from '../support/stack.ts'
import { carriers as attacks } from './support/texts/carriers.ts'

const adminKey = 'admin-key-of-this-test-0123456789abcdef'
const ada = makeKey({ services: ['ollama', 'tts', 'openai', 'field'] })
const root = makeKey({ role: 'admin', services: ['control'] })
const boss = makeKey({ role: 'admin', services: ['ollama', 'tts'] })
const clientSecret = 'b'.repeat(40)
const config = twoPointGateway.replace(
  /^services:$/m,
  `services:
  field:
    kind: http
    upstream: {url: "http://127.0.0.1:1"}
    routes: [{prefix: /field, strip: true, mode: relay, credentialField: X-API-Key}]`,
)
const app: App = {
  ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
  ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
}
const holders = {
  house: { subject: 'boss', clientId: 'boss' },
  bridge: { subject: 'shop:ada', clientId: 'shop' },
  admin: { subject: 'boss', clientId: 'boss' },
} as const
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'

/** Where requests go, with the class of tokens that counts there. */
const places = [
  { kind: 'a relayed service', path: '/api/tags', takes: 'house' },
  { kind: 'a checked service', path: '/chat/api/tags', takes: 'house' },
  { kind: 'another prefix of it', path: '/v1/models', takes: 'house' },
  { kind: 'the gatekeeper’s own endpoint', path: '/status', takes: 'house' },
  { kind: 'a provider', path: '/openai/v1/models', takes: 'bridge' },
  { kind: 'administration', path: '/admin/nothing', takes: 'house' },
  { kind: 'reports about calls', path: '/analytics/my-stats', takes: 'bridge' },
  { kind: 'split keys', path: '/api/split-key', takes: 'bridge' },
  { kind: 'the endpoints of apps', path: '/auth/verify', takes: 'bridge' },
] as const

it('every service of our own is among these places, with its class', () => {
  for (const { name, routes, tokenClass = 'house', readsCredentials } of ownServices) {
    const prefix = routes[0]?.prefix ?? ''
    const place = places.find(({ path }) => path.startsWith(prefix))
    if (!readsCredentials) expect([name, place?.takes]).toEqual([name, tokenClass])
  }
})

const homes = { callers: '/', control: '/admin', 'split keys': '/openai' } as const

/** Every place with every carrier that is for other places. */
const misplaced = [...places.map(({ path }) => path), '/oauth/token'].flatMap((path) =>
  carriers
    .filter(({ goodFor }) => !path.startsWith(homes[goodFor]))
    .map(({ shown }) => ({ path, field: shown })),
)

describe.skipIf(testCaddy === null)('a credential', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      ...{ keys: [ada, root, boss], config },
      env: {
        ADMIN_API_KEY: adminKey,
        OPENAI_API_KEY: 'account-key-0123456789',
        OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
        OAUTH_CLIENT_ID_ADMIN: 'boss',
        OAUTH_CLIENT_SECRET_ADMIN: clientSecret,
      },
    })
    stack.upstream.behave({ status: 200, body: '{"models":[]}' })
    const file = join(dirname(stack.keysFile), 'clients.json')
    const shop = { id: 'shop', role: 'readwrite', services: [], scopes: [], models: [] } as const
    const rest = { limits: [], addresses: [], expiresAt: null, tokenSeconds: null, app }
    await addClient(file, { ...shop, ...rest }, { clock: Date.now })
    await waitUntil(
      async () =>
        (await stack.send('/auth/verify', { key: await tokenOf('bridge') })).status === 200,
      { limitMs: 20_000, describe: () => 'the app is not there' },
    )
  })
  afterAll(() => stack?.stop())

  /** A token of ours as the gatekeeper itself would sign it, or with another type or audience. */
  const tokenOf = async (tokenClass: TokenClass) => {
    const keys = await openSigningKeys({ stateDir: stack.stateDir, clock: Date.now })
    try {
      const signer = keys.signer()
      if (signer === null) throw new Error('no signing key')
      const terms = { role: 'admin', scopes: [], narrowing: null, ttlSeconds: 600 } as const
      const holder = holders[tokenClass]
      const request = { tokenClass, ...holder, ...terms }
      return (await issueToken(request, { signer, issuer: stack.url, clock: Date.now })).token
    } finally {
      keys.close()
    }
  }
  const statusOf = async (path: string, options: SendOptions) =>
    (await stack.send(path, options)).status
  const post = async (path: string, entries: Record<string, string>) => {
    const body = new URLSearchParams(entries).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { status, text } = await stack.send(path, { method: 'POST', body, headers })
    return { status, body: JSON.parse(text || '{}') as Record<string, unknown> }
  }
  const exchangeOf = (credential: string, type = accessToken) =>
    post('/oauth/token', {
      ...{ grant_type: exchange, subject_token: credential, subject_token_type: type },
    })

  const badAt = new Map<string, Answer>()

  it.each(places.flatMap((place) => tokenClassNames.map((name) => ({ ...place, name }))))(
    'of the class $name is known at $kind only where that takes $takes',
    async ({ path, takes, name }) => {
      const answer = await stack.send(path, { key: await tokenOf(name) })
      if (name !== takes) {
        const bad = badAt.get(path) ?? (await stack.send(path, { key: `${await tokenOf(takes)}x` }))
        // Once: five failures lock an address out of administration.
        badAt.set(path, bad)
        // Nothing tells a token of another class from one with a wrong signature.
        expect([answer.status, bad.status]).toEqual([401, 401])
        const withoutIds = (text: string) =>
          text.replace(/"request_id":"[^"]*"/, '').replace(/"attemptsRemaining":\d/, '')
        expect(withoutIds(answer.text)).toBe(withoutIds(bad.text))
      } else expect(answer.status).not.toBe(401)
    },
  )

  it('of a class is issued with its own type and one audience, as text', async () => {
    const audiences = await Promise.all(
      tokenClassNames.map(async (name) => {
        const [head = '', payload = ''] = (await tokenOf(name)).split('.')
        const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
        expect(read(head).typ).toBe(tokenClasses[name].type)
        return read(payload).aud
      }),
    )
    expect(audiences).toEqual([stack.url, `${stack.url}/bridge`, `${stack.url}/admin`])
    const issued = await post('/oauth/token', {
      ...{ grant_type: 'client_credentials', client_id: 'boss', client_secret: clientSecret },
    })
    expect(await statusOf('/status', { key: String(issued.body['access_token']) })).toBe(200)
  })

  it.each([
    { name: 'an API key', credential: () => ada.key, status: 200 },
    { name: 'a house token', credential: () => tokenOf('house'), status: 200 },
    { name: 'a bridge token', credential: () => tokenOf('bridge'), status: 400 },
    { name: 'a token for administration', credential: () => tokenOf('admin'), status: 400 },
    { name: 'the key of the administrator', credential: () => adminKey, status: 400 },
    {
      name: 'an exchanged token',
      credential: async () => String((await exchangeOf(ada.key)).body['access_token']),
      status: 400,
    },
  ])('is exchanged, or not: $name is $status', async ({ credential, status }) => {
    const jwt = 'urn:ietf:params:oauth:token-type:jwt'
    for (const type of [accessToken, jwt]) {
      const answer = await exchangeOf(await credential(), type)
      expect(answer.status).toBe(status)
      if (status !== 200) expect(answer.body['error']).toBe('invalid_grant')
    }
  })

  it('that is exchanged gives a token of the class house, good at no provider', async () => {
    const token = String((await exchangeOf(ada.key)).body['access_token'])
    expect(await statusOf('/api/tags', { key: token })).toBe(200)
    expect(await statusOf('/openai/v1/models', { key: token })).toBe(401)
    expect(await statusOf('/openai/v1/models', { key: ada.key })).not.toBe(401)
  })

  it.each(['bridge', 'admin'] as const)(
    'of the class %s is no secret of a client, and is described to nobody',
    async (name) => {
      const token = await tokenOf(name)
      const client = { client_id: 'boss', client_secret: clientSecret }
      for (const id of ['boss', 'app']) {
        const asked = { grant_type: 'client_credentials', client_id: id, client_secret: token }
        expect((await post('/oauth/token', asked)).status).toBe(401)
      }
      const described = await post('/oauth/introspect', { ...client, token })
      expect(described).toEqual({ status: 200, body: { active: false } })
      const house = await post('/oauth/introspect', { ...client, token: await tokenOf('house') })
      expect(house.body['active']).toBe(true)
    },
  )

  it('in a carrier of callers is known at every kind of route', async () => {
    for (const { path } of places.filter(({ path }) => path !== '/auth/verify')) {
      const key = path.startsWith('/admin') ? root.key : ada.key
      for (const { name, carry } of attacks.filter(({ name }) => name !== 'sub-protocol')) {
        const [field, value] = carry(key)
        const status = await statusOf(path, { headers: { [field]: String(value) } })
        expect([path, name, status]).not.toEqual([path, name, 401])
        expect([path, name, status]).not.toEqual([path, name, 400])
      }
    }
  })

  it.each(misplaced)(
    '`credential-not-for-here`: in $field at $path is refused, and nothing is forwarded',
    async ({ path, field }) => {
      const before = stack.upstream.requests
      const reason = 'credential-not-for-here' satisfies Reason
      const text = new RegExp(`${reason.replaceAll('-', '_')}|is for .* only`)
      for (const value of [adminKey, ada.key, 'x']) {
        // Alone, and beside a credential that is good there.
        for (const headers of [{ [field]: value }, { [field]: value, 'x-api-key': ada.key }]) {
          const answer = await stack.send(path, { headers })
          expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(text)])
          expect(answer.text).not.toContain(value.padEnd(20, '-').slice(0, 20))
        }
      }
      expect(stack.upstream.requests).toBe(before)
    },
  )

  it('in an empty field is none', async () => {
    const headers = { 'x-admin-key': '', 'x-partial-key': ' ' }
    expect(await statusOf('/api/tags', { key: ada.key, headers })).toBe(200)
  })

  it('of another carrier belongs to the service where the route names its own field, unless it is ours', async () => {
    const send = (value: string) =>
      statusOf('/field/x', { headers: { 'x-api-key': ada.key, 'x-admin-key': value } })
    expect(await send('the key of the application')).toBe(503)
    expect(await send(adminKey)).toBe(400)
    expect(await send(ada.key)).toBe(400)
  })

  it('for administration is known there in its own field, and in no other', async () => {
    const at = (headers: Record<string, string>) => statusOf('/admin/nothing', { headers })
    expect(await at({ 'x-admin-key': adminKey })).toBe(404)
    expect(await at({ 'x-admin-key': root.key })).toBe(404)
    expect(await at({ 'x-admin-key': adminKey, authorization: `Bearer ${root.key}` })).toBe(400)
    for (const path of places.map((place) => place.path)) {
      const answer = await statusOf(path, { key: adminKey })
      expect([path, answer]).toEqual([path, 401])
    }
  })

  it('administers only where it names the service: no role, and no `*`', async () => {
    const at = (key: string) => statusOf('/admin/users', { key })
    for (const key of [ada.key, boss.key, await tokenOf('house')]) expect(await at(key)).toBe(403)
    const headers = { 'x-admin-key': adminKey }
    const statuses = [await at(root.key), await statusOf('/admin/users', { headers })]
    // Without the admin process the answer is 503, for those who may ask.
    for (const status of statuses) expect([200, 503]).toContain(status)
  })
})
