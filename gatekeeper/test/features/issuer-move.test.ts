/** The issuer name of our tokens, end to end: a change is refused, moved, and old tokens end. */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { readChainOf } from '../support/read-chain.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const key = makeKey()
const app = { client_id: 'app', client_secret: 's'.repeat(40) }
const next = 'https://tokens.example.com'

describe.skipIf(testCaddy === null)('our issuer name', () => {
  let stack: Stack
  let running: Child
  let old: string
  const env = () => ({ ...stack.env, OAUTH_ISSUER: next })
  const file = () => join(stack.stateDir, 'signing', 'issuer.json')
  const noted = () => JSON.parse(readFileSync(file(), 'utf8'))

  const post = (path: string, entries: Record<string, string>) =>
    stack.send(path, {
      ...{ method: 'POST', body: new URLSearchParams({ ...app, ...entries }).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  const ask = async () =>
    JSON.parse((await post('/oauth/token', { grant_type: 'client_credentials' })).text)
      .access_token as string
  const statusOf = async (credential: string) =>
    (await stack.send('/api/tags', { key: credential })).status
  const nameOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iss

  /** Ends the gatekeeper and starts it again; resolves when it answers. */
  async function restart(wanted: Readonly<Record<string, string | undefined>>): Promise<void> {
    await running.stop()
    running = startGatekeeper(wanted)
    const child = running
    await waitUntil(async () => (await statusOf(key.key)) === 200, {
      ...{ limitMs: 30_000, child, describe: child.output },
    })
  }

  const keys = async (...words: string[]) => {
    const options = { env: { PATH: process.env['PATH'], ...env() }, cwd: root }
    return (await run(process.execPath, [join(root, 'scripts/keys.ts'), ...words], options)).stdout
  }

  beforeAll(async () => {
    stack = await startStack({
      keys: [key],
      env: {
        OAUTH_CLIENT_ID_READWRITE: app.client_id,
        OAUTH_CLIENT_SECRET_READWRITE: app.client_secret,
      },
    })
    running = stack.gatekeeper
  })
  afterAll(async () => {
    await running?.stop()
    await stack?.stop()
  })

  it('follows the settings as long as no token was issued', async () => {
    expect(noted()).toMatchObject({ isUsed: false, former: [] })
    const first = noted().issuer
    await restart(env())
    expect(noted()).toMatchObject({ issuer: next, isUsed: false, former: [] })
    await restart(stack.env)
    expect(noted()).toMatchObject({ issuer: first, isUsed: false, former: [] })
  })

  it('does not change silently afterwards: the start says what dies, and the command', async () => {
    old = await ask()
    expect(nameOf(old)).toBe(noted().issuer)
    await waitUntil(() => noted().isUsed === true, { limitMs: 5_000, describe: running.output })
    await running.stop()
    const refused = startGatekeeper(env())
    await waitUntil(() => refused.process.exitCode !== null, {
      ...{ limitMs: 30_000, describe: refused.output },
    })
    expect(refused.process.exitCode).toBe(78)
    for (const text of [next, nameOf(old), 'npm run keys -- move-issuer']) {
      expect(refused.output()).toContain(text)
    }
  })

  it('moves by the command: tokens of before are good, can be revoked, and new ones have the new name', async () => {
    expect(await keys('move-issuer')).toContain(`From ${nameOf(old)} to ${next}`)
    expect(noted().former).toEqual([])
    expect(await keys('move-issuer', '--yes')).toContain(`Those of ${nameOf(old)} are accepted`)
    await restart(env())
    const made = await ask()
    expect(nameOf(made)).toBe(next)
    expect([await statusOf(old), await statusOf(made)]).toEqual([200, 200])
    const { records } = readChainOf(join(stack.stateDir, 'audit'), 'acts')
    expect(records).toContainEqual(
      expect.objectContaining({ event: 'settings.changed', from: nameOf(old), to: next }),
    )
    const introspected = JSON.parse((await post('/oauth/introspect', { token: old })).text)
    expect(introspected).toMatchObject({ active: true, iss: nameOf(old) })
    // A token in a URL is refused by its name, the old one too.
    expect((await stack.send(`/api/tags?x=${old}`)).status).toBe(400)
    expect((await post('/oauth/revoke', { token: made })).status).toBe(200)
    expect([await statusOf(old), await statusOf(made)]).toEqual([200, 401])
  })

  it('accepts the old name no longer when its last token must have ended', async () => {
    const { former, ...rest } = noted()
    const ended = [{ ...former[0], until: new Date(Date.now() - 1000).toISOString() }]
    writeFileSync(file(), JSON.stringify({ ...rest, former: ended }))
    await restart(env())
    expect(await statusOf(old)).toBe(401)
    writeFileSync(file(), JSON.stringify({ ...rest, former }))
    await restart(env())
    expect(await statusOf(old)).toBe(200)
    await keys('client', 'revoke', 'app')
    await waitUntil(async () => (await statusOf(old)) === 401, {
      ...{ limitMs: 5_000, describe: running.output },
    })
  })

  it('of an older version is written down at the next start, as one that tokens have', async () => {
    rmSync(file())
    await restart(env())
    expect(noted()).toEqual({ version: 1, issuer: next, isUsed: true, former: [] })
  })
})
