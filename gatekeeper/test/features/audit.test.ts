import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSecret, makeCanaries, readAllFiles } from '../attack/support/texts/canary.ts'
import { placesOf } from '../attack/support/texts/canary-places.ts'
import { startChild, waitUntil } from '../support/child.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, openTls } from '../support/raw.ts'
import { readChainOf } from '../support/read-chain.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'

const root = resolve(import.meta.dirname, '../../..')
const ada = makeKey()
const weak = makeKey({ user: 'eve', role: 'readonly', services: ['ollama'] })

type Run = { readonly code: number; readonly out: string; readonly err: string }

/** Runs one of our programs on the folders of a stack, while that runs. */
async function run(stack: Stack, name: string, ...words: string[]): Promise<Run> {
  const script = join(root, `scripts/${name}.ts`)
  const options = { env: { ...stack.env, INIT_CWD: stack.stateDir }, maxBuffer: 1e8 }
  return await promisify(execFile)(process.execPath, [script, ...words], options).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  )
}

const folderOf = (stack: Stack) => join(stack.stateDir, 'audit')

/** Waits until a chain has a matching record, since records are buffered for a moment. */
async function found(stack: Stack, chain: string, wanted: object) {
  const find = () =>
    readChainOf(folderOf(stack), chain).records.find((record) =>
      Object.entries(wanted).every(([name, value]) => record[name] === value),
    )
  await waitUntil(() => find() !== undefined, {
    limitMs: 30_000,
    describe: () => JSON.stringify(readChainOf(folderOf(stack), chain).records.slice(-5), null, 1),
  })
  return find() ?? {}
}

describe.skipIf(testCaddy === null)('K12: the audit', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, weak], config: unqueuedGateway })
  })
  afterAll(async () => {
    await stack?.stop()
  })

  it('has every allowed request, with caller, request, address and result', async () => {
    const chat = { model: 'demo', messages: [{ role: 'user', content: 'hello' }], stream: false }
    const headers = { 'user-agent': 'curl/8.1' }
    const answer = await stack.send('/api/chat', { key: ada.key, json: chat, headers })
    const id = answer.headers['x-request-id']
    expect(await found(stack, 'requests-1', { requestId: id })).toMatchObject({
      ...{ event: 'request', outcome: 'allow', point: 'relay', method: 'POST', path: '/api/chat' },
      ...{ service: 'ollama', clientAddress: '127.0.0.1', principal: `key:${ada.id}`, user: 'ada' },
      ...{
        status: 200,
        upstreamStatus: 200,
        userAgent: 'curl/8.1',
        model: 'demo:latest',
        class: 'use',
      },
      ...{ inputTokens: expect.any(Number), outputTokens: expect.any(Number), microUsd: 0 },
      durationMs: expect.any(Number),
    })
  })

  it('has requests at the check', async () => {
    await stack.send('/chat/api/tags', { key: ada.key })
    await found(stack, 'requests-1', { point: 'check', outcome: 'allow', user: 'ada' })
  })

  it('has every refusal of a known caller, and why', async () => {
    await stack.send('/api/pull', { key: weak.key, json: { model: 'x' } })
    const record = await found(stack, 'requests-1', { user: 'eve' })
    expect(record).toMatchObject({ outcome: 'deny', reason: 'class-not-granted', status: 403 })
  })

  it('has refusals of unknown callers in a separate chain, twenty each and then their number', async () => {
    for (let at = 0; at < 30; at++) await stack.send('/api/tags')
    await found(stack, 'strangers-1', { outcome: 'deny', reason: 'no-credential' })
    const { records, faults } = readChainOf(folderOf(stack), 'strangers-1')
    // The thirty may be in two minutes.
    expect(records.length).toBeLessThan(42)
    expect(faults).toEqual([])
    expect(readChainOf(folderOf(stack), 'requests-1').records).not.toContainEqual(
      expect.objectContaining({ reason: 'no-credential' }),
    )
  })

  it('has the start, every change of keys before it is made, and its result', async () => {
    await found(stack, 'acts', { event: 'gatekeeper.started' })
    const { out } = await run(
      stack,
      'keys',
      'add',
      '--user',
      'bob',
      '--service',
      'ollama',
      '--json',
    )
    const { id, key } = JSON.parse(out) as { id: string; key: string }
    expect(await found(stack, 'acts', { event: 'key.added', key: id })).toMatchObject({
      ...{ owner: 'bob', role: 'readwrite', services: ['ollama'] },
      by: { uid: process.getuid?.(), pid: expect.any(Number), host: expect.any(String) },
    })
    await run(stack, 'keys', 'edit', id, '--limit', '5/day')
    expect(await found(stack, 'acts', { event: 'key.edited' })).toMatchObject({
      members: ['limits'],
    })
    await run(stack, 'keys', 'rotate', id)
    await run(stack, 'keys', 'disable', id)
    await run(stack, 'keys', 'remove', id)
    for (const event of ['key.rotated', 'key.disabled', 'key.removed', 'keys.reloaded']) {
      await found(stack, 'acts', { event })
    }
    const chain = readChainOf(folderOf(stack), 'acts')
    expect(chain.faults).toEqual([])
    expect(JSON.stringify(chain.records)).not.toContain(key.slice(14))
  })

  it('has changes of clients and signing keys, and every token that is issued or revoked', async () => {
    const added = await run(stack, 'keys', 'client', 'add', 'app', '--service', 'ollama', '--json')
    const { secret } = JSON.parse(added.out) as { secret: string }
    await found(stack, 'acts', { event: 'client.added', client: 'app' })
    await found(stack, 'acts', { event: 'clients.reloaded' })
    const basic = `Basic ${Buffer.from(`app:${secret}`).toString('base64')}`
    const post = (path: string, body: string) =>
      stack.send(path, {
        ...{ method: 'POST', body },
        headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
      })
    const answer = await post('/oauth/token', 'grant_type=client_credentials')
    const token = String(JSON.parse(answer.text).access_token)
    expect(await found(stack, 'requests-1', { event: 'token.issued' })).toMatchObject({
      ...{ clientId: 'app', subject: expect.any(String), addressGroup: '127.0.0.1' },
    })
    await post('/oauth/revoke', `token=${token}`)
    await found(stack, 'requests-1', { event: 'token.revoked', clientId: 'app' })
    await run(stack, 'keys', 'rotate-signing')
    await found(stack, 'acts', { event: 'signing.rotated' })
    const text = readdirSync(folderOf(stack))
      .map((name) => readFileSync(join(folderOf(stack), name), 'latin1'))
      .join('')
    expect(text).not.toContain(secret)
    expect(text).not.toContain(token.split('.')[2])
  })

  it('a refused OAuth client is a refusal', async () => {
    const body = 'grant_type=client_credentials&client_id=app&client_secret=wrong'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await stack.send('/oauth/token', { method: 'POST', body, headers })
    await found(stack, 'strangers-1', { service: 'oauth', status: 401 })
  })

  it('is complete by the command, and an exported head shows a cut tail', async () => {
    expect(await run(stack, 'audit', 'verify')).toMatchObject({ code: 0, err: '' })
    expect((await run(stack, 'audit', 'export', '--output', 'heads.json')).code).toBe(0)
    const whole = await run(stack, 'audit', 'verify', '--against', 'heads.json', '--json')
    expect(JSON.parse(whole.out)).toMatchObject({ isWhole: true })
    const heads = join(stack.stateDir, 'heads.json')
    const text = readFileSync(heads, 'utf8')
    writeFileSync(heads, text.replace('"sequence": ', '"sequence": 9'))
    expect(await run(stack, 'audit', 'verify', '--against', 'heads.json')).toMatchObject({
      ...{ code: 78, err: expect.stringContaining('was changed') },
    })
  })

  it('is searched by key, user, address, reason and time', async () => {
    const query = async (...words: string[]) => {
      const { out, code } = await run(stack, 'audit', 'query', '--json', ...words)
      const records = out.split('\n').filter((line) => line !== '')
      return { code, records: records.map((line) => JSON.parse(line)) }
    }
    const ofEve = await query('--user', 'eve', '--address', '127.0.0.0/8')
    expect(ofEve.records.map(({ reason }) => reason)).toEqual(['class-not-granted'])
    expect((await query('--reason', 'no-credential', '--limit', '3')).records).toHaveLength(3)
    expect((await query('--key', ada.id, '--service', 'ollama')).records.length).toBeGreaterThan(1)
    expect(await query('--user', 'nobody')).toEqual({ code: 1, records: [] })
    expect(await query('--until', '1d')).toEqual({ code: 1, records: [] })
    const { out } = await run(stack, 'audit', 'query', '--event', 'key')
    expect(out).toMatch(/key\.removed {2}key=\w+ {2}owner=bob .* by /)
  })

  it('is followed as it grows', async () => {
    const script = join(root, 'scripts/audit.ts')
    const child = startChild(process.execPath, [script, 'tail', '-f', '-n', '1'], stack.env)
    await waitUntil(() => child.output() !== '', { limitMs: 45_000, child, describe: child.output })
    await stack.send('/api/version', { key: ada.key })
    await waitUntil(() => child.output().includes('/api/version'), {
      ...{ limitMs: 45_000, child, describe: child.output },
    })
    expect(await child.stop()).toBe(0)
  })

  it('K13: has a report for people and for programs', async () => {
    const { out } = await run(stack, 'audit', 'report', '--hours', '1')
    expect(out).toMatch(/\d+ requests: \d+ allowed, \d+ refused/)
    expect(out).toMatch(/127\.0\.0\.1 +\d+ +█+/)
    await run(stack, 'audit', 'report', '--suspicious', '--users', '--json', '--output', 'r.json')
    const report = JSON.parse(readFileSync(join(stack.stateDir, 'r.json'), 'utf8'))
    expect(report.suspicious.addresses[0]).toMatchObject({
      ...{ address: '127.0.0.1', why: expect.arrayContaining(['refused']) },
    })
    expect(report.users).toMatchObject({ source: 'usage', models: expect.any(Array) })
    expect(report.users.users.map(({ name }: { name: string }) => name)).toContain('ada')
    expect(report.users.models).toContainEqual(expect.objectContaining({ name: 'demo:latest' }))
  })

  it('every command of the guide does what it says', async () => {
    const guide = readFileSync(join(root, 'docs/guides/audit.md'), 'utf8')
    const found = [...guide.matchAll(/^ *npm run audit -- ([^#\n]*)/gm)].map(([, words]) => words)
    const commands = [
      ...new Set(found.map((words) => (words ?? '').trim().replace(' --follow', ''))),
    ]
    expect(commands.length).toBeGreaterThan(6)
    const { text } = await stack.send('/.well-known/jwks.json')
    writeFileSync(join(stack.stateDir, 'jwks.json'), text)
    await run(stack, 'audit', 'export', '--output', 'heads.json')
    for (const command of commands) {
      const { code, err } = await run(stack, 'audit', ...command.split(' '))
      // No request used a key that does not exist.
      expect([command, code, err]).toEqual([command, command.includes('unknown-key') ? 1 : 0, ''])
    }
  }, 120_000)

  it('a credential in any place of a request is in no record', async () => {
    const plain = `plain${makeKey().key.slice(14, 52)}`
    const canaries = makeCanaries(ada.key, `${ada.key.slice(0, -1)}0`, plain)
    const api = join(stack.stateDir, 'plain.json')
    const entry = { user: 'old', service: 'ollama', created_at: '2024-01-01' }
    writeFileSync(api, JSON.stringify({ [plain]: entry }))
    const own = await startStack({
      keys: [ada],
      config: unqueuedGateway,
      env: { API_KEYS_FILE: api },
    })
    try {
      own.upstream.behave({ status: 200, body: '{"done":true}' })
      const requests = canaries.flatMap(({ text }) => placesOf('/api/tags', text))
      const send = async () => {
        for (let next = requests.pop(); next !== undefined; next = requests.pop()) {
          await exchange(await openTls(own), next.bytes, 1_000)
        }
      }
      await Promise.all(Array.from({ length: 16 }, send))
      for (const { text } of canaries) {
        const headers = { 'user-agent': `x/1 (${text})` }
        await own.send('/api/chat', { key: ada.key, json: { model: text, messages: [] }, headers })
      }
      await own.send('/api/version', { key: ada.key })
      await found(own, 'requests-1', { path: '/api/version' })
      const written = readAllFiles(folderOf(own))
      expect(readChainOf(folderOf(own), 'requests-1').records.length).toBeGreaterThan(20)
      const finds = canaries.flatMap(({ name, secrets }) =>
        written.flatMap(({ text }) =>
          secrets.flatMap((secret) => findSecret(text, secret) ?? []).map((at) => `${name}: ${at}`),
        ),
      )
      expect(finds).toEqual([])
    } finally {
      await own.stop()
    }
  }, 120_000)

  it('continues after a kill: nothing is broken, and written records are kept', async () => {
    const own = await startStack({ keys: [ada], config: unqueuedGateway })
    try {
      for (let at = 0; at < 20; at++) await own.send('/api/version', { key: ada.key })
      await found(own, 'requests-1', { path: '/api/version' })
      own.gatekeeper.process.kill('SIGKILL')
      await waitUntil(() => own.gatekeeper.process.signalCode !== null, {
        ...{ limitMs: 10_000, describe: own.gatekeeper.output },
      })
      const path = join(folderOf(own), 'requests-1-000001.jsonl')
      // As if the kill had come in the middle of a line.
      writeFileSync(path, '{"sequence":99', { flag: 'a' })
      const again = startGatekeeper(own.env)
      await found(own, 'requests-1', { event: 'audit.repaired', cutBytes: 14 })
      await waitUntil(() => again.output().includes('gatekeeper ready'), {
        ...{ limitMs: 30_000, child: again, describe: again.output },
      })
      await own.send('/api/tags', { key: ada.key })
      await found(own, 'requests-1', { path: '/api/tags' })
      expect(readChainOf(folderOf(own), 'requests-1').faults).toEqual([])
      expect(await again.stop()).toBe(0)
      await found(own, 'acts', { event: 'gatekeeper.stopped', signal: 'SIGTERM' })
      expect(readChainOf(folderOf(own), 'acts').faults).toEqual([])
    } finally {
      await own.stop()
    }
  })
})
