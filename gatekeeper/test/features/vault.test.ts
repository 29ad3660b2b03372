import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKeys } from '../../../scripts/test/run-keys.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix } from '../support/raw.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'

/** The vault for keys of providers, from the command that seals to the provider that gets the key. */

const ada = makeKey({ user: 'ada', services: ['openai', 'claude', 'groq'] })
const sealed = 'sk-proj-sealed-0123456789abcdef'
const inClear = 'sk-proj-of-the-environment-0123'
const config = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}]}
providers:
  openai: {}
`

/** A provider that answers with the credential that it got. */
async function startProvider() {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const { authorization, 'x-api-key': key } = request.headers
    response.end(JSON.stringify({ object: 'list', data: [{ id: authorization ?? key ?? 'none' }] }))
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

describe.skipIf(testCaddy === null)('the vault', () => {
  let stack: Stack
  let provider: Awaited<ReturnType<typeof startProvider>>
  let caddy: Child | null = null
  beforeAll(async () => {
    provider = await startProvider()
    const at = `http://127.0.0.1:${provider.port}/v1`
    const env = { OPENAI_BASE_URL: at, CLAUDE_BASE_URL: at }
    stack = await startStack({ keys: [ada], config, env })
  })
  afterAll(async () => {
    await caddy?.stop()
    await stack?.stop()
    provider?.server.close()
  })

  const vaultDir = () => stack.env['GATEKEEPER_VAULT_DIR'] as string
  const document = () => join(stack.keysFile, '../providers.json')
  const vault = (words: readonly string[], input = '', env = {}) =>
    runKeys('', words, { program: 'vault', input, env: { ...stack.env, ...env } })
  const keyAt = async (name: string, path = '/v1/models') => {
    const { status, text } = await stack.send(`/${name}${path}`, { key: ada.key })
    const { data = [] } = JSON.parse(text || '{}') as { data?: { id: string }[] }
    return status === 200 ? data[0]?.id : status
  }
  const waitForKey = (key: string | number, name = 'openai') =>
    waitUntil(async () => (await keyAt(name).catch(() => null)) === key, {
      ...{ limitMs: 8_000, describe: stack.gatekeeper.output },
    })
  const ops = (path: string) =>
    exchangeUnix(
      join(stack.stateDir, 'run/ops.sock'),
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )

  it('has a key of its own (0600) once a provider is configured, and says to back it up', () => {
    const [file = '', ...others] = readdirSync(vaultDir())
    expect(others).toEqual([])
    const path = join(vaultDir(), file)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')).toHaveLength(32)
    expect(stack.gatekeeper.output()).toContain('back it up')
    const half = readFileSync(join(stack.stateDir, 'vault/public.json'), 'utf8')
    expect(half).not.toContain(readFileSync(path, 'utf8').trim())
  })

  it('seals a key from stdin, and the gatekeeper sends it within two seconds, without a restart', async () => {
    expect(await keyAt('openai')).toBe(503)
    const { code, out, err } = await vault(['set', 'openai'], `${sealed}\n`)
    expect([code, out]).toEqual([0, expect.stringContaining('sk-…cdef')])
    expect(err).toContain('within two seconds')
    await waitForKey(`Bearer ${sealed}`)
    const text = readFileSync(document(), 'utf8')
    for (const part of [sealed, 'sealed-0123', Buffer.from(sealed).toString('base64').slice(0, 20)])
      expect(text + out + err + stack.gatekeeper.output()).not.toContain(part)
  })

  it('lists a mask and no key', async () => {
    const { out } = await vault(['list', '--json'])
    expect(JSON.parse(out)).toMatchObject([
      { name: 'openai', mask: 'sk-…cdef', origin: `http://127.0.0.1:${provider.port}`, version: 1 },
    ])
  })

  it('opens every row, and seals it again to a new vault key', async () => {
    expect((await vault(['verify'])).out).toContain('openai: opens')
    const before = readFileSync(document(), 'utf8')
    const rotated = JSON.parse((await vault(['rotate', '--json'])).out) as { kid: string }
    expect(readdirSync(vaultDir())).toHaveLength(2)
    expect(readFileSync(join(stack.stateDir, 'vault/public.json'), 'utf8')).toContain(rotated.kid)
    expect(JSON.parse((await vault(['rewrap', '--json'])).out)).toEqual({
      ...{ rewrapped: ['openai'], changed: [] },
    })
    const after = readFileSync(document(), 'utf8')
    expect(after).toContain(rotated.kid)
    expect(before).not.toContain(rotated.kid)
    const { unused, providers } = JSON.parse((await vault(['verify', '--json'])).out)
    expect([unused.length, providers[0].fault]).toEqual([1, null])
    await waitForKey(`Bearer ${sealed}`)
    expect((await vault(['rewrap'])).out).toContain('Nothing was sealed to an older key')
  })

  it('a key whose file went away is not lost while the gatekeeper has it', async () => {
    const [newest = ''] = readdirSync(vaultDir()).sort().reverse()
    const path = join(vaultDir(), newest)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, 20))
    for (const word of ['rotate', 'verify']) {
      const { code, err } = await vault([word])
      expect([code, err]).toEqual([69, expect.stringContaining('does not contain')])
    }
    rmSync(path)
    const verified = await vault(['verify'])
    expect([verified.code, verified.out]).toEqual([1, expect.stringContaining('has no file')])
    const files = readdirSync(vaultDir()).length
    expect((await vault(['rotate'])).code).toBe(0)
    expect(readdirSync(vaultDir())).toHaveLength(files + 1)
    expect(JSON.parse((await vault(['rewrap', '--json'])).out).rewrapped).toEqual(['openai'])
    const { code, out } = await vault(['verify', '--json'])
    expect([code, JSON.parse(out).lost]).toEqual([0, []])
    await waitForKey(`Bearer ${sealed}`)
  })

  it('records each act before it is made, without the key', () => {
    const folder = join(stack.stateDir, 'audit')
    const acts = readdirSync(folder)
      .filter((name) => name.startsWith('acts-'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
    for (const event of ['vault.rotated', 'provider_key.set', 'provider_key.rewrapped'])
      expect(acts).toContain(`"event":"${event}"`)
    expect(acts).not.toContain(sealed.slice(0, 12))
  })

  const change = (edit: (row: Record<string, unknown>) => object) => {
    const text = readFileSync(document(), 'utf8')
    const { providers } = JSON.parse(text) as { providers: { openai: Record<string, unknown> } }
    const changed = { ...providers.openai, ...edit(providers.openai) }
    writeFileSync(document(), JSON.stringify({ version: 1, providers: { openai: changed } }))
    return () => writeFileSync(document(), text)
  }

  it.each([
    ['another address', () => ({ origin: 'https://evil.example' }), 'set for another address'],
    ['a vault key that is not there', () => ({ kid: 'AAAAAAAAAAAAAAAA' }), 'does not have'],
    ['another version', () => ({ version: 9 }), 'its row was changed'],
    ['another team', () => ({ team: 'red' }), 'its row was changed'],
  ])('a row with %s is not used, /readyz says so, and all else works', async (_, edit, said) => {
    const restore = change(edit)
    await waitForKey(503)
    const ready = await ops('/readyz')
    expect(ready).toContain('"degraded":["vault"]')
    expect(ready).toContain(said)
    expect(ready).toContain('vault -- set openai')
    const verified = await vault(['verify'])
    expect([verified.code, verified.out]).toEqual([1, expect.stringContaining(said)])
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(403)
    restore()
    await waitForKey(`Bearer ${sealed}`)
    expect(await ops('/readyz')).toContain('"status":"ok"')
  })

  it('a broken document leaves the last good one in force', async () => {
    const text = readFileSync(document(), 'utf8')
    writeFileSync(document(), text.replace('"mode": "held"', '"mode": "open"'))
    await waitUntil(async () => (await ops('/readyz')).includes('mode: must be held'), {
      ...{ limitMs: 8_000, describe: stack.gatekeeper.output },
    })
    expect(await keyAt('openai')).toBe(`Bearer ${sealed}`)
    const refused = await vault(['set', 'claude'], 'sk-ant-0123456789')
    expect([refused.code, refused.err]).toEqual([78, expect.stringContaining('mode: must be')])
    writeFileSync(document(), text)
    await waitUntil(async () => (await ops('/readyz')).includes('"status":"ok"'), {
      ...{ limitMs: 8_000, describe: stack.gatekeeper.output },
    })
  })

  it('another provider needs no restart where one is there', async () => {
    const { code, err } = await vault(['set', 'claude'], 'sk-ant-0123456789')
    expect([code, err]).toEqual([0, expect.stringContaining('within two seconds')])
    await waitForKey('sk-ant-0123456789', 'claude')
    expect((await vault(['remove', 'claude'])).code).toBe(0)
    expect((await vault(['remove', 'claude'])).code).toBe(1)
  })

  it('the first provider is said to need a restart', async () => {
    const { code, err } = await vault(['set', 'claude'], 'sk-ant-0123456789', bare())
    expect([code, err]).toEqual([0, expect.stringContaining('Restart the gatekeeper')])
  })
  /** Settings of an installation without any provider, and with keys of its own. */
  const bare = () => {
    const folder = join(vaultDir(), '../bare')
    mkdirSync(folder, { recursive: true })
    const lines = config.split('\n').slice(0, 3)
    writeFileSync(join(folder, 'gatekeeper.yaml'), `${lines.join('\n')}\n`)
    writeFileSync(join(folder, 'keys.json'), readFileSync(stack.keysFile, 'utf8'))
    return {
      GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
      GATEKEEPER_KEYS_DIR: folder,
    }
  }

  it.each([
    [['set'], 'write the name of a provider'],
    [['set', 'opnai'], 'is not a provider (did you mean openai?)'],
    [['set', 'openai', sealed], 'from the terminal or from stdin'],
  ])('%j is refused, and no word is repeated that may be a key', async (words, said) => {
    const { code, err } = await vault(words, sealed)
    expect([code, err]).toEqual([64, expect.stringContaining(said)])
    expect(err).not.toContain(sealed)
  })

  it.each(['', 'short', 'two\nlines-of-a-key', `${'k'.repeat(513)}`, 'ключ-ключ-ключ'])(
    'a key of %j is refused',
    async (input) => {
      const { code, err } = await vault(['set', 'openai'], input)
      expect(code).toBe(64)
      if (input !== '') expect(err).not.toContain(input)
    },
  )

  it('the socket of the commands is for this user only, and answers without keys', async () => {
    const socket = join(stack.stateDir, 'run/control/explain.sock')
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    for (const act of ['verify', 'rewrap', 'ensure']) {
      const head = `POST /vault/${act} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
      const answer = await exchangeUnix(socket, head)
      expect(answer).toContain('HTTP/1.1 200')
      expect(answer).not.toContain('sealed-0123')
    }
  })

  /** Runs another gatekeeper in place of the first one. */
  const withGatekeeper = async (
    env: Readonly<Record<string, string>>,
    use: (output: () => string, env: Readonly<Record<string, string | undefined>>) => Promise<void>,
  ) => {
    await stack.gatekeeper.stop()
    const all = { ...stack.env, ...env }
    const child = startGatekeeper(all)
    try {
      await waitUntil(() => child.output().includes('gatekeeper ready'), {
        ...{ limitMs: 30_000, child, describe: child.output },
      })
      await use(child.output, all)
    } finally {
      await child.stop()
    }
  }

  /** Starts a gatekeeper that is expected to stop; returns how it ended. */
  const failStart = async (env: Readonly<Record<string, string>>) => {
    const child = startGatekeeper({ ...stack.env, ...env })
    await once(child.process, 'exit')
    return { code: child.process.exitCode, said: child.output() }
  }

  it('comes before a key of the environment, and the start says so', async () => {
    await withGatekeeper({ OPENAI_API_KEY: inClear }, async (output) => {
      expect(output()).toContain('openai is called with the key of the vault')
      await waitForKey(`Bearer ${sealed}`)
      expect((await vault(['remove', 'openai'])).code).toBe(0)
      await waitForKey(`Bearer ${inClear}`)
    })
  })

  it('a provider that only the vault has is there after a start', async () => {
    // The key was set before the provider was known.
    await withGatekeeper(bare(), async () => {
      // Caddy reads the paths of services from a file that the gatekeeper writes at its start.
      await stack.caddy.stop()
      caddy = await stack.startCaddy()
      await waitForKey('sk-ant-0123456789', 'claude')
    })
  })

  it('rewrap, verify and rotate need a gatekeeper, and say so', async () => {
    expect((await vault(['set', 'claude'], 'sk-ant-0123456789')).code).toBe(0)
    for (const word of ['rewrap', 'verify', 'rotate']) {
      const away = await vault([word])
      expect([away.code, away.err]).toEqual([69, expect.stringContaining('npm start')])
    }
  })

  it.each([
    ['a phrase', 'correct horse battery staple'.replaceAll(' ', '-')],
    ['16 bytes', Buffer.alloc(16, 1).toString('base64')],
    ['48 bytes', Buffer.alloc(48, 1).toString('base64')],
    ['hex', Buffer.alloc(32, 1).toString('hex')],
    ['base64 without its end', Buffer.alloc(32, 1).toString('base64').slice(0, -1)],
    ['a key and a phrase', `${Buffer.alloc(32, 1).toString('base64')},phrase`],
  ])('%s as GATEKEEPER_VAULT_KEY stops the start with 78, and is not repeated', async (_, key) => {
    const { code, said } = await failStart({ GATEKEEPER_VAULT_KEY: key })
    expect([code, said]).toEqual([78, expect.stringContaining('openssl rand -base64 32')])
    expect(said).not.toContain(key)
  })

  it('a file that is not a key, and a document that is broken, stop the start with 78', async () => {
    const folder = join(vaultDir(), '../other')
    mkdirSync(folder)
    writeFileSync(join(folder, '2026.key'), 'phrase-of-somebody\n')
    const { code, said } = await failStart({ GATEKEEPER_VAULT_DIR: folder })
    expect([code, said]).toEqual([
      78,
      expect.stringContaining('2026.key: does not contain a vault'),
    ])
    expect(said).not.toContain('phrase-of')
    const text = readFileSync(document(), 'utf8')
    writeFileSync(document(), text.replace('"version": 1,', ''))
    expect((await failStart({})).code).toBe(78)
    writeFileSync(document(), text)
  })

  it('with the ring as a setting, nothing is written, and rotate says what to do', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    const folder = join(vaultDir(), '../unused')
    const ring = { GATEKEEPER_VAULT_KEY: key, GATEKEEPER_VAULT_DIR: folder }
    await withGatekeeper(ring, async (_, env) => {
      expect((await vault(['set', 'openai'], sealed, env)).code).toBe(0)
      await waitForKey(`Bearer ${sealed}`)
      const { code, err } = await vault(['rotate'], '', env)
      expect([code, err]).toEqual([69, expect.stringContaining('GATEKEEPER_VAULT_KEY')])
      expect(() => readdirSync(folder)).toThrow()
      // The row of claude is sealed to a key that is not in this ring.
      const { out } = await vault(['verify'], '', env)
      expect(out).toContain('claude: the key of claude is sealed to')
    })
  })

  it('a folder that cannot be written stops nothing, and set says what to do', async () => {
    rmSync(join(stack.stateDir, 'vault'), { recursive: true })
    rmSync(document())
    // Nobody can make a folder there, root included.
    await withGatekeeper({ GATEKEEPER_VAULT_DIR: '/sys/none/vault' }, async (_, env) => {
      const { code, err } = await vault(['set', 'openai'], sealed, env)
      expect([code, err]).toEqual([69, expect.stringContaining('cannot make a key')])
    })
  })
})
