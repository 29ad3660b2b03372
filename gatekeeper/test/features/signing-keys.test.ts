/** Signing keys, end to end: through restarts, lost, and shared by two gatekeepers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'

const key = makeKey()
const app = { client_id: 'app', client_secret: 's'.repeat(40) }
const env = {
  OAUTH_CLIENT_ID_READWRITE: app.client_id,
  OAUTH_CLIENT_SECRET_READWRITE: app.client_secret,
}

const post = (stack: Stack, path: string, entries: Record<string, string>) =>
  stack.send(path, {
    ...{ method: 'POST', body: new URLSearchParams({ ...app, ...entries }).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const ask = (stack: Stack) => post(stack, '/oauth/token', { grant_type: 'client_credentials' })
const tokenOf = async (stack: Stack) =>
  (JSON.parse((await ask(stack)).text) as { access_token: string }).access_token
const statusOf = async (stack: Stack, credential: string, path = '/api/tags') =>
  (await stack.send(path, { key: credential })).status

const eventually = (isTrue: () => boolean | Promise<boolean>, limitMs = 30_000) =>
  waitUntil(isTrue, { limitMs, describe: () => 'it did not become true' })

const readyz = (stack: Stack) =>
  exchangeUnix(`${stack.stateDir}/run/ops.sock`, lines('GET /readyz HTTP/1.1', 'Host: localhost'))

describe.skipIf(testCaddy === null)('signing keys', () => {
  let stack: Stack
  let second: Child | null = null
  const file = () => join(stack.stateDir, 'signing', 'keys.json')
  beforeAll(async () => {
    stack = await startStack({ keys: [key], env })
  })
  afterAll(async () => {
    await second?.stop()
    await stack?.stop()
  })

  it('are for their owner only', async () => {
    expect((await stat(file())).mode & 0o077).toBe(0)
    expect((await stat(join(stack.stateDir, 'signing'))).mode & 0o077).toBe(0)
  })

  it('C6: survive a restart, and so do tokens and revocations', async () => {
    const [token, revoked] = [await tokenOf(stack), await tokenOf(stack)]
    expect((await post(stack, '/oauth/revoke', { token: revoked })).status).toBe(200)
    const set = (await stack.send('/.well-known/jwks.json')).text
    await stack.gatekeeper.stop()
    second = startGatekeeper(stack.env)
    await eventually(async () => (await statusOf(stack, key.key)) === 200)
    expect(await statusOf(stack, token)).toBe(200)
    expect(await statusOf(stack, token, '/chat/api/tags')).toBe(200)
    expect(await statusOf(stack, revoked)).toBe(401)
    expect((await stack.send('/.well-known/jwks.json')).text).toBe(set)
  })

  it('stop issuing when they are missing or broken, and nothing else', async () => {
    const token = await tokenOf(stack)
    const kept = await readFile(file(), 'utf8')
    for (const spoil of [
      () => rename(file(), `${file()}.away`),
      async () => writeFileSync(file(), '{"version":1,"keys":[{}]}'),
    ]) {
      await spoil()
      await eventually(async () => (await ask(stack)).status === 503)
      expect((await ask(stack)).text).toContain('temporarily_unavailable')
      expect(await readyz(stack)).toMatch(/^HTTP\/1.1 200 [\s\S]*degraded/)
      for (const path of ['/api/tags', '/chat/api/tags']) {
        expect(await statusOf(stack, key.key, path)).toBe(200)
        expect(await statusOf(stack, token, path)).toBe(200)
      }
      writeFileSync(file(), kept)
      await eventually(async () => (await ask(stack)).status === 200)
    }
    await rm(`${file()}.away`, { force: true })
  })
})

describe.skipIf(testCaddy === null)('two gatekeepers with one shared folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gk-shared-'))
  let stacks: readonly Stack[] = []
  beforeAll(async () => {
    const keysDir = join(folder, 'keys')
    await mkdir(keysDir)
    writeFileSync(join(keysDir, 'keys.json'), keyFileText([key]))
    const shared = {
      ...env,
      GATEKEEPER_SHARED_DIR: join(folder, 'shared'),
      GATEKEEPER_KEYS_DIR: keysDir,
      OAUTH_ISSUER: 'https://ai.example',
    }
    // At the same time, so that both look for the first key at once.
    stacks = await Promise.all([startStack({ env: shared }), startStack({ env: shared })])
  })
  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  it('C6: issue and verify alike', async () => {
    const [one, other] = stacks as [Stack, Stack]
    for (const [issuer, verifier] of [[one, other] as const, [other, one] as const]) {
      const token = await tokenOf(issuer)
      for (const path of ['/api/tags', '/chat/api/tags']) {
        expect(await statusOf(verifier, token, path)).toBe(200)
      }
      const active = await post(verifier, '/oauth/introspect', { token })
      expect(JSON.parse(active.text)).toMatchObject({ active: true, iss: 'https://ai.example' })
    }
    const sets = stacks.map((stack) => stack.send('/.well-known/jwks.json'))
    const [first, second] = await Promise.all(sets)
    expect(first?.text).toBe(second?.text)
  })

  it('see the revocations of the other one, within two seconds on a machine that is not busy', async () => {
    const [one, other] = stacks as [Stack, Stack]
    const token = await tokenOf(one)
    expect(await statusOf(other, token)).toBe(200)
    expect((await post(one, '/oauth/revoke', { token })).status).toBe(200)
    expect(await statusOf(one, token)).toBe(401)
    await eventually(async () => (await statusOf(other, token)) === 401, 20_000)
    expect(await statusOf(other, token, '/chat/api/tags')).toBe(401)
  })
})
