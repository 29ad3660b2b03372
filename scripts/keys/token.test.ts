import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { issueToken } from '../../gatekeeper/src/oauth/issue-token.ts'
import { noteIssuerUse } from '../../gatekeeper/src/oauth/issuer-file.ts'
import { ensureSigningKey } from '../../gatekeeper/src/oauth/signing-key-file.ts'
import { openSigningKeys, type Signer } from '../../gatekeeper/src/oauth/signing-keys.ts'
import { runKeys } from '../test/run-keys.ts'

// Every command is a process of its own, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 })

const foreign = 'https://id.example'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-token-'))
  await writeFile(
    join(folder, 'gatekeeper.yaml'),
    `version: 1
services:
  ollama: {kind: ollama, aliases: [chat], routes: [{prefix: /api}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
issuers:
  - issuer: ${foreign}
    audience: https://ai.example
    algorithms: [ES256]
    keys: {file: jwks.json}
    rules: [{when: {groups: staff}, role: readwrite, services: [ollama]}]
`,
  )
  const rotation = { algorithm: 'ES256', leadMs: 0, lifetimeMs: 86_400_000 } as const
  await ensureSigningKey(join(folder, 'state'), rotation, { clock: Date.now })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const keys = (args: readonly string[], input = '') =>
  runKeys(folder, args, { input, env: { OAUTH_SIGNING_ALGORITHM: 'ES256' } })

async function succeed(args: readonly string[], input = ''): Promise<Record<string, string>> {
  const { code, out, err } = await keys([...args, '--json'], input)
  expect([code, err.includes('keys: ') ? '' : err]).toEqual([0, ''])
  return JSON.parse(out) as Record<string, string>
}

const addKey = () => succeed(['add', '--user', 'ada', '--service', 'chat,tts', '--limit', '60/min'])
const addClient = (id = 'app') => succeed(['client', 'add', id, '--service', 'chat'])
const explain = async (token: string) => {
  const { code, out, err } = await keys(['explain-token', '--json'], token)
  expect(err).toBe('')
  return { ...(JSON.parse(out) as Record<string, unknown>), code }
}

describe('client', () => {
  const clientsFile = () => join(folder, 'keys', 'clients.json')

  test('add --app makes an app with its quotas; a public one has a total and no secret', async () => {
    const origin = 'https://app.example'
    const options = ['--daily', '5', '--monthly', 'none', '--origin', origin]
    const made = await succeed(['client', 'add', 'my-app', '--app', ...options])
    const app = {
      public: false,
      tokenDays: 7,
      dailyQuota: 5,
      monthlyQuota: null,
      origins: [origin],
    }
    expect(made).toMatchObject({ secret: expect.stringMatching(/^gs_/), services: [], app })
    const bare = await keys(['client', 'add', 'kiosk', '--app', '--public'])
    expect([bare.code, bare.err]).toEqual([64, expect.stringContaining('needs --total')])
    const kiosk = await succeed(['client', 'add', 'kiosk', '--app', '--public', '--total', '900'])
    expect(kiosk).toMatchObject({ secret: null, app: { public: true, totalPerDay: 900 } })
    const { out } = await keys(['client', 'list'])
    expect(out).toMatch(/my-app .*5\/day, no limit\/month a user/)
    expect(out).toMatch(/kiosk .*public, 100\/day, 3000\/month a user; 900\/day in all/)
    const other = await keys(['client', 'add', 'plain', '--service', 'chat', '--daily', '5'])
    expect(other.err).toContain('--daily is for apps: add --app')
  })

  test('a new signing key leaves the old one as long as users of an app hold their tokens', async () => {
    const oldest = async () =>
      JSON.parse(await readFile(join(folder, 'state', 'signing', 'keys.json'), 'utf8')).keys[0]
    const lifeOf = ({ retiresAt }: { retiresAt: number }) => (retiresAt - Date.now()) / 86_400_000
    await succeed(['client', 'add', 'my-app', '--app'])
    await succeed(['rotate-signing', '--lead', '1m'])
    expect(lifeOf(await oldest())).toBeCloseTo(7, 1)
  })

  test('add shows a secret once, and keeps its hash alone', async () => {
    const { secret } = await addClient()
    expect(secret).toMatch(/^gs_[0-9A-Za-z]{43}$/)
    expect(await readFile(clientsFile(), 'utf8')).not.toContain('gs_')
    expect((await keys(['client', 'add', 'app', '--service', 'chat'])).code).toBe(1)
    const shown = await keys(['client', 'add', 'other', '--service', '*', '--role', 'admin'])
    expect(shown.out.match(/gs_[0-9A-Za-z]{43}/g)).toHaveLength(1)
    expect(shown.out).toContain('/oauth/token')
  })

  test('list shows everything but secrets', async () => {
    const { secret } = await addClient()
    const { out } = await keys(['client', 'list'])
    expect(out).toMatch(/^app +readwrite +ollama +chat +active +never$/m)
    expect(out + (await keys(['client', 'list', '--json'])).out).not.toMatch(
      new RegExp(`${secret}|[0-9a-f]{64}`),
    )
  })

  test('rotate gives a new secret, and the old one a while; remove ends it', async () => {
    const { secret } = await addClient()
    const rotated = await succeed(['client', 'rotate', 'app', '--overlap', '1h'])
    expect(rotated['secret']).not.toBe(secret)
    const entry = async () => JSON.parse(await readFile(clientsFile(), 'utf8')).clients.app
    expect((await entry()).secrets).toHaveLength(2)
    await succeed(['client', 'rotate', 'app'])
    expect((await entry()).secrets).toHaveLength(1)
    await succeed(['client', 'remove', 'app'])
    expect(await entry()).toBeUndefined()
    for (const act of ['rotate', 'remove', 'revoke']) {
      expect((await keys(['client', act, 'app'])).code).toBe(1)
    }
  })

  test.each([
    [[], /client add, client list/],
    [['add', 'a b', '--service', 'chat'], /ID of a client/],
    [['add', 'app'], /--service is missing/],
    [['add', 'app', '--service', 'gone', '--role', 'root'], /--role[\s\S]*"gone"/],
    [['add', 'app', '--service', 'chat', '--token-seconds', '9'], /--token-seconds/],
    [['rotate', 'app', '--overlap', 'long'], /--overlap/],
    [['frobnicate'], /no command client "frobnicate"; write client add/],
  ])('%j is a usage error', async (args, what) => {
    const { code, err } = await keys(['client', ...args])
    expect([code, err]).toEqual([64, expect.stringMatching(what)])
  })
})

describe('token', () => {
  test('prints a token alone, which is taken for less than its key may', async () => {
    const { id = '' } = await addKey()
    const { code, out, err } = await keys(['token', id, '--service', 'chat', '--model', 'llama*'])
    expect(code).toBe(0)
    expect(out).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(err).toContain(`key:${id}`)
    const { exp = 0, iat = 0, sub } = decodeJwt(out)
    expect([exp - iat, sub]).toEqual([900, `key:${id}`])
    expect(await explain(out)).toMatchObject({
      ...{ code: 0, valid: true, reason: null, header: { alg: 'ES256', typ: 'at+jwt' } },
      principal: { user: 'ada', services: ['ollama'], models: ['llama*'], parent: `key:${id}` },
    })
  })

  test('of a client, and never beyond it', async () => {
    await addClient()
    const { token = '' } = await succeed(['token', 'client:app', '--expires', '1h'])
    expect(await explain(token)).toMatchObject({
      ...{ valid: true, claims: { client_id: 'app', scope: 'chat', role: 'readwrite' } },
      principal: { services: ['ollama'], parent: 'client:app' },
    })
    for (const more of [
      ['--service', 'tts'],
      ['--role', 'admin'],
      ['--expires', '2d'],
      ['--limit', 'many'],
    ]) {
      expect([more, (await keys(['token', 'app', ...more])).code]).toEqual([more, 64])
    }
  })

  test('of nobody, of a disabled key, or without a signing key is refused', async () => {
    const { id = '' } = await addKey()
    expect((await keys(['token'])).code).toBe(64)
    expect((await keys(['token', 'nobody'])).code).toBe(1)
    await rm(join(folder, 'state', 'signing'), { recursive: true })
    const unsigned = await keys(['token', id])
    expect([unsigned.code, unsigned.out]).toEqual([1, ''])
    expect(unsigned.err).toContain('no token can be signed')
    await keys(['disable', id])
    expect((await keys(['token', id])).code).toBe(1)
  })

  test('is recorded without the token, before it is shown', async () => {
    const { id = '' } = await addKey()
    const { token = '', tokenId } = await succeed(['token', id])
    const audit = join(folder, 'state', 'audit')
    const names = await readdir(audit)
    const files = names.filter((name) => name.endsWith('l') || name.endsWith('log'))
    const all = await Promise.all(files.map((name) => readFile(join(audit, name), 'utf8')))
    expect(all.join('')).toContain(`"tokenId":"${tokenId}"`)
    expect(all.join('')).not.toContain(token.split('.')[1])
  })

  test('ends with its key, by itself, and with its client', async () => {
    const { id = '' } = await addKey()
    await addClient()
    const [one = '', other = '', third = ''] = await Promise.all([
      succeed(['token', id]).then(({ token }) => token),
      succeed(['token', id]).then(({ token }) => token),
      succeed(['token', 'app']).then(({ token }) => token),
    ])
    expect((await keys(['revoke-token'], one)).code).toBe(0)
    expect((await keys(['revoke-token'], one)).out).toContain('already')
    expect(await explain(one)).toMatchObject({ code: 1, reason: 'token-revoked' })
    expect(await explain(other)).toMatchObject({ valid: true })
    await keys(['disable', id])
    expect(await explain(other)).toMatchObject({ code: 1, reason: 'disabled-key' })
    expect((await keys(['client', 'revoke', 'app'])).code).toBe(0)
    expect(await explain(third)).toMatchObject({ code: 1, reason: 'token-revoked' })
    expect((await keys(['revoke-token'], 'x')).code).toBe(1)
  })
})

describe('explain-token', () => {
  test('tells of a token of another issuer why it is taken or not, and what to do', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one' }
    await keys(['list'])
    const sign = (claims: Record<string, unknown>, exp = '5m') =>
      new SignJWT({ sub: 'ada', groups: ['staff'], ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
        .setIssuer((claims['iss'] as string | undefined) ?? foreign)
        .setAudience((claims['aud'] as string | undefined) ?? 'https://ai.example')
        .setIssuedAt()
        .setExpirationTime(exp)
        .sign(privateKey)
    expect(await explain(await sign({}))).toMatchObject({ reason: 'token-signature' })
    await succeed(['add', '--user', 'x', '--service', 'chat'])
    await writeFile(join(folder, 'keys', 'jwks.json'), JSON.stringify({ keys: [jwk] }))
    expect(await explain(await sign({}))).toMatchObject({
      ...{ valid: true, principal: { id: `${foreign}#ada`, role: 'readwrite' } },
    })
    for (const [claims, reason] of [
      [{ groups: ['guests'] }, 'token-not-granted'],
      [{ aud: 'https://elsewhere.example' }, 'token-audience'],
      [{ iss: 'https://other.example' }, 'unknown-issuer'],
    ] as const) {
      expect(await explain(await sign(claims))).toMatchObject({ code: 1, reason })
    }
    expect(await explain(await sign({}, '-1h'))).toMatchObject({ reason: 'token-expired' })
    const shown = await keys(['explain-token'], `Bearer ${await sign({}, '-1h')}\n`)
    expect(shown.out).toMatch(/^alg +ES256$/m)
    expect(shown.out).toMatch(/^exp +\d+ \(.*s ago\)$/m)
    expect(shown.out).toContain('No (token-expired): it has expired')
  })

  test("tells of the token of an app's user who it is, until the app is gone", async () => {
    await succeed(['client', 'add', 'shop', '--app'])
    await addClient()
    const { token: house = '' } = await succeed(['token', 'client:app', '--expires', '1h'])
    const signing = await openSigningKeys({ stateDir: join(folder, 'state'), clock: Date.now })
    const { token } = await issueToken(
      {
        ...{ tokenClass: 'bridge', subject: 'shop:ada', clientId: 'shop', role: 'readwrite' },
        ...{ scopes: [], ttlSeconds: 60, narrowing: null },
      },
      { signer: signing.signer() as Signer, issuer: String(decodeJwt(house).iss), clock: Date.now },
    )
    signing.close()
    expect(await explain(token)).toMatchObject({
      ...{ valid: true, principal: { id: 'app:shop:ada', role: 'readwrite' } },
    })
    expect((await keys(['client', 'remove', 'shop'])).code).toBe(0)
    expect(await explain(token)).toMatchObject({ code: 1, reason: 'token-revoked' })
  })

  test('names the claim that does not hold, and the rule', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one' }
    const yaml = join(folder, 'gatekeeper.yaml')
    await writeFile(
      yaml,
      `version: 1
services: {ollama: {kind: ollama, routes: [{prefix: /api}]}}
issuers:
  - issuer: ${foreign}
    audience: gate
    audienceClaim: client_id
    algorithms: [ES256]
    types: [jwt]
    keys: {file: jwks.json}
    userClaim: common_name
    rules:
      - {when: {scp: ai.use, tier: [1, 2]}, role: readwrite, services: [ollama]}
      - {when: {groups: staff}, role: readonly, services: [ollama]}
`,
    )
    await succeed(['add', '--user', 'x', '--service', 'ollama'])
    await writeFile(join(folder, 'keys', 'jwks.json'), JSON.stringify({ keys: [jwk] }))
    const good = { iss: foreign, client_id: 'gate', sub: '', common_name: 'abc.access' }
    const sign = (claims: object) =>
      new SignJWT({ ...good, scp: 'openid ai.use', tier: 1, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'JWT' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
    expect(await explain(await sign({}))).toMatchObject({
      ...{ valid: true, claims: { common_name: 'abc.access' } },
      principal: { id: `${foreign}#common_name=abc.access`, user: 'abc.access' },
    })
    for (const [claims, reason, why] of [
      [{ common_name: undefined }, 'malformed-token', /`common_name` must name the user/],
      [
        { client_id: 'other' },
        'token-audience',
        /`client_id` contains none of `audience` \(gate\)/,
      ],
      [{ client_id: undefined }, 'token-audience', /no such claim: .*audienceClaim/],
      [{ aud: 'other' }, 'token-audience', /`aud` contains none/],
      [
        ...[{ scp: 'openid', tier: 1 }, 'token-not-granted'],
        ...[
          /rule 1: `scp` must be ai\.use, and the token has openid\. rule 2: `groups` must be staff/,
        ],
      ],
      [{ scp: 'a\u001b[2J' }, 'token-not-granted', /token has a\?\[2J/],
      [{ pad: 'x'.repeat(30_000) }, 'malformed-token', /characters, and the limit is 32,768/],
    ] as const) {
      const explained = await explain(await sign(claims as object))
      expect(explained).toMatchObject({ code: 1, reason })
      expect(explained).toHaveProperty('remedy', expect.stringMatching(why as RegExp))
    }
  })

  test('shows nothing of a signature, and no control characters of a claim', async () => {
    const { id = '' } = await addKey()
    const { token = '' } = await succeed(['token', id])
    const { out, err } = await keys(['explain-token'], token)
    expect(out + err).not.toContain(token.split('.')[2])
    const [head, , signature] = token.split('.')
    const evil = Buffer.from(JSON.stringify({ iss: 'x\u001b[2J', sub: 'a', exp: 1 }))
    const forged = `${head}.${evil.toString('base64url')}.${signature}`
    expect((await keys(['explain-token'], forged)).out).not.toContain('\u001b')
  })

  test('what is no token, nothing at all, and a token on the command line', async () => {
    expect(await explain('gk_0123456789_x')).toMatchObject({ code: 1, reason: 'malformed-token' })
    const { id = '' } = await addKey()
    const { token = '' } = await succeed(['token', id])
    for (const args of [['explain-token', token], ['revoke-token', token], [token]]) {
      const { code, out, err } = await keys(args)
      expect(code).toBe(64)
      expect(out + err).not.toContain(token.slice(0, 30))
    }
    expect((await keys(['explain-token'])).code).toBe(64)
  })
})

test('rotate-signing publishes a key that signs later, and records it', async () => {
  const { kid, signsFrom } = await succeed(['rotate-signing', '--lead', '1h'])
  const file = async () =>
    JSON.parse(await readFile(join(folder, 'state', 'signing', 'keys.json'), 'utf8')) as {
      keys: { kid: string; retiresAt: number | null; activeAt: number }[]
    }
  const [old, made] = (await file()).keys
  expect(made).toMatchObject({ kid, retiresAt: null, activeAt: Date.parse(signsFrom ?? '') })
  expect(old?.retiresAt).toBeGreaterThan(made?.activeAt ?? Number.POSITIVE_INFINITY)
  expect((await keys(['rotate-signing', '--lead', 'soon'])).code).toBe(64)
  expect((await file()).keys).toHaveLength(2)
})

test('move-issuer says that nothing changes, shows what would, and does it with --yes', async () => {
  const move = async (issuer: string, ...words: string[]) => {
    const env = { OAUTH_ISSUER: issuer, OAUTH_SIGNING_ALGORITHM: 'ES256' }
    const { out } = await runKeys(folder, ['move-issuer', ...words, '--json'], { env })
    return JSON.parse(out) as { from: string | null; former: { issuer: string }[] }
  }
  const [old, next] = ['https://old.example', 'https://new.example']
  expect(await move(old)).toMatchObject({ from: null, former: [] })
  await noteIssuerUse(join(folder, 'state'), old)
  expect(await move(old, '--yes')).toMatchObject({ from: old, to: old, former: [] })
  expect(await move(next)).toMatchObject({ from: old, to: next, isUsed: true, former: [] })
  expect((await move(next, '--yes')).former).toMatchObject([{ issuer: old }])
  expect(await move(next)).toMatchObject({ from: next, former: [{ issuer: old }] })
})
