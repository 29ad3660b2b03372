/** Keys and clients that people made, end to end: they never do more than their maker may do now. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { addClient, type NewClient } from '../../src/operations/clients/client-writer.ts'
import { databaseIn } from '../../src/usage/journal/sqlite/sqlite-journal.ts'
import { waitUntil } from '../support/child.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey, type TestKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { readRecords } from '../support/read-records.ts'
import {
  type Answer,
  type Stack,
  startGatekeeper,
  startStack,
  testCaddy,
} from '../support/stack.ts'

const root = resolve(import.meta.dirname, '../../..')
const chat = { model: 'demo', messages: [{ role: 'user', content: 'hello' }], stream: false }

type Access = { role: string; services: string[]; models?: string[]; limits?: string[] }
type Entry = { disabled?: boolean; access: Access | null }
const all: Access = { role: 'admin', services: ['*'] }

/** Each person has one key that may do everything, by its own entry. */
const people: Record<string, Entry> = {
  full000000: { access: all },
  disabled00: { access: all, disabled: true },
  noaccess00: { access: null },
  readonly00: { access: { ...all, role: 'readonly' } },
  nothing000: { access: { ...all, services: [] } },
  otherservi: { access: { ...all, services: ['tts'] } },
  othermodel: { access: { ...all, models: ['other'] } },
  sharing000: { access: { ...all, limits: ['10/day'] } },
  changing00: { access: all },
  narrowed00: { access: all },
  client0000: { access: { ...all, services: ['tts'] } },
  control000: { access: all },
}
const services = ['ollama', 'litellm', 'tts', 'control']
const keyOf = (madeBy: string) => makeKey({ user: 'ada', role: 'admin', services, madeBy })
const keys = Object.fromEntries(
  [...Object.keys(people), 'nobody0000'].map((id) => [id, keyOf(id)]),
) as Record<string, TestKey>
const second = keyOf('sharing000')

const fileOf = (stack: Stack) => join(dirname(stack.keysFile), 'people.json')
function write(stack: Stack, changes: Record<string, Entry> = {}): void {
  const entries = Object.entries({ ...people, ...changes }).map(([id, entry]) => [
    id,
    { name: `name of ${id}`, role: 'member', ...entry },
  ])
  const document = { version: 1, people: Object.fromEntries(entries) }
  writeFileSync(fileOf(stack), JSON.stringify(document, null, 2))
}

/** The promise is two seconds, and a slow machine gets longer. */
const eventually = (isTrue: () => boolean | Promise<boolean>) =>
  waitUntil(isTrue, { limitMs: 30_000, describe: () => 'it did not become true' })

const tokenBy = async (stack: Stack, entries: Record<string, string>): Promise<Answer> =>
  await stack.send('/oauth/token', {
    ...{ method: 'POST', body: new URLSearchParams(entries).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const tokenOf = (answer: Answer) => String(JSON.parse(answer.text).access_token)

const exchangeOf = ({ key }: TestKey) => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: key,
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
})

describe.skipIf(testCaddy === null)('what a person made', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [...Object.values(keys), second], config: unqueuedGateway })
    write(stack)
    await eventually(async () => (await ask('full000000')).status === 200)
  })
  afterAll(async () => {
    await stack?.stop()
  })

  const of = (id: string) => keys[id] as TestKey
  const ask = (id: string, path = '/api/chat') => stack.send(path, { key: of(id).key, json: chat })
  const read = (id: string) => stack.send('/api/tags', { key: of(id).key })
  const client = (id: string, madeBy: string, over: Partial<NewClient> = {}) =>
    addClient(
      join(dirname(stack.keysFile), 'clients.json'),
      {
        ...{ id, role: 'admin', services: ['*'], scopes: ['chat'], models: [], limits: [] },
        ...{ addresses: [], expiresAt: null, tokenSeconds: null, madeBy, ...over },
      },
      { clock: Date.now },
    )

  describe.each([
    ['the relay', '/api/chat'],
    ['the check', '/chat/api/chat'],
  ])('at %s', (point, path) => {
    it.each(['nobody0000', 'disabled00', 'noaccess00'])(
      'is refused like an unknown key if the person is %s',
      async (id) => {
        const answer = await ask(id, path)
        const unknown = await stack.send(path, { key: createApiKey().key, json: chat })
        const without = ({ text }: Answer) => text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]+/g, 'ID')
        expect([answer.status, without(answer)]).toEqual([401, without(unknown)])
      },
    )

    it.each([
      ['full000000', 200, 200],
      ['readonly00', 403, 403],
      ['nothing000', 403, 403],
      ['otherservi', 403, 403],
      // A check sees no model, so it refuses whoever may use some only.
      ['othermodel', 404, 403],
    ])('the key of %s: %i there', async (id, atRelay, atCheck) => {
      expect((await ask(id, path)).status).toBe(point === 'the relay' ? atRelay : atCheck)
    })
  })

  it('reads as readonly, and lists only the models of the person', async () => {
    expect((await read('readonly00')).status).toBe(200)
    expect(JSON.parse((await read('othermodel')).text).models).toEqual([])
  })

  it('says the role of both, not that of the key', async () => {
    expect(
      JSON.parse((await stack.send('/status', { key: of('readonly00').key })).text),
    ).toMatchObject({ role: 'readonly' })
  })

  it('is what usage is counted for, by itself and by its tokens; not the person', async () => {
    const made = keys['full000000'] as TestKey
    const token = tokenOf(await tokenBy(stack, exchangeOf(made)))
    for (const key of [made.key, token]) {
      const answer = await stack.send('/api/chat', { method: 'POST', key, json: chat })
      expect(answer.status).toBe(200)
    }
    const database = databaseIn(stack.stateDir)
    const ofKey = async () =>
      (await readRecords(database)).filter(({ principalId }) => principalId === `key:${made.id}`)
    await eventually(async () => (await ofKey()).length >= 2)
    const ids = (await readRecords(database)).map(({ principalId }) => principalId)
    expect(ids.filter((id) => id.startsWith('person:'))).toEqual([])
  })

  it('shares the limits of the person: 100 requests at once by two keys are exactly 10', async () => {
    stack.upstream.reset()
    const by = [of('sharing000'), second]
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        stack.send('/api/chat', { key: by[at % 2]?.key ?? '', json: chat }),
      ),
    )
    const counted = (status: number) => answers.filter((answer) => answer.status === status).length
    expect([counted(200), counted(429)]).toEqual([10, 90])
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.text).toContain('10/day')
    const token = tokenOf(await tokenBy(stack, exchangeOf(second)))
    expect((await stack.send('/api/chat', { key: token, json: chat })).status).toBe(429)
  })

  it('never gets `control` by `*`, and gets it by its own name', async () => {
    const at = () => stack.send('/admin/users', { key: of('control000').key })
    expect((await at()).status).toBe(403)
    write(stack, { control000: { access: { role: 'admin', services: ['control'] } } })
    await eventually(async () => (await at()).status !== 403)
    write(stack, { control000: { access: { role: 'readwrite', services: ['control'] } } })
    await eventually(async () => (await at()).status === 403)
    write(stack)
  })

  it('gains nothing by a client with every service, nor by a token that is exchanged for its own', async () => {
    const secret = await client('everything', 'client0000')
    const grant = {
      ...{ grant_type: 'client_credentials', client_id: 'everything' },
      client_secret: secret,
    }
    await eventually(async () => (await tokenBy(stack, grant)).status === 200)
    const token = tokenOf(await tokenBy(stack, grant))
    const answer = await stack.send('/api/chat', { key: token, json: chat })
    expect(answer.status).toBe(403)
    const exchanged = await tokenBy(stack, {
      ...exchangeOf({ ...of('client0000'), key: token }),
      services: 'ollama',
    })
    expect(exchanged.status).toBe(400)
  })

  it('stops when the person is disabled, and works again when they are not', async () => {
    const secret = await client('stopping', 'changing00')
    const grant = {
      ...{ grant_type: 'client_credentials', client_id: 'stopping' },
      client_secret: secret,
    }
    await eventually(async () => (await tokenBy(stack, grant)).status === 200)
    const tokens = [
      tokenOf(await tokenBy(stack, grant)),
      tokenOf(await tokenBy(stack, exchangeOf(of('changing00')))),
    ]
    const statuses = async () => {
      const credentials = [of('changing00').key, ...tokens]
      const asked = credentials.map((key) => stack.send('/api/chat', { key, json: chat }))
      return (await Promise.all(asked)).map(({ status }) => status)
    }
    expect(await statuses()).toEqual([200, 200, 200])
    write(stack, { changing00: { access: all, disabled: true } })
    await eventually(async () => (await statuses()).every((status) => status === 401))
    expect((await tokenBy(stack, grant)).status).toBe(401)
    expect((await tokenBy(stack, exchangeOf(of('changing00')))).status).toBe(400)
    write(stack)
    await eventually(async () => (await statuses()).every((status) => status === 200))
  })

  it('is narrowed while the gatekeeper runs', async () => {
    expect((await ask('narrowed00')).status).toBe(200)
    write(stack, { narrowed00: { access: { ...all, services: ['tts'] } } })
    await eventually(async () => (await ask('narrowed00')).status === 403)
    write(stack)
  })

  it('is explained with the person, and where the rule is written', async () => {
    const explain = async (id: string) => {
      const words = [join(root, 'scripts/explain.ts'), '--key', of(id).id, 'POST', '/api/chat']
      const ran = promisify(execFile)(process.execPath, [...words, '--model', 'demo'], {
        env: stack.env,
      })
      return (await ran.catch((error: { stdout: string }) => error)).stdout
    }
    const lineOf = (id: string, member: string) => {
      const text = readFileSync(fileOf(stack), 'utf8').split('\n')
      const begin = text.findIndex((line) => line.includes(`"${id}"`))
      return begin + 1 + text.slice(begin).findIndex((line) => line.includes(`"${member}"`))
    }
    const narrowed = await explain('otherservi')
    expect(narrowed).toContain('made by name of otherservi (person:otherservi)')
    expect(narrowed).toContain(`people.json:${lineOf('otherservi', 'services')} `)
    const disabled = await explain('disabled00')
    expect(disabled).toContain('disabled-person')
    expect(disabled).toContain(`people.json:${lineOf('disabled00', 'disabled')} `)
    expect(await explain('nobody0000')).toMatch(/unknown-person[\s\S]*keys\.json:\d+ .*madeBy/)
    expect(await explain('noaccess00')).toContain('person-without-access')
  })

  it('goes by the last good people where the file is broken later, and /readyz says so', async () => {
    writeFileSync(fileOf(stack), '{"version": 1, "people": {"full000000": {}}}')
    await eventually(() => stack.gatekeeper.output().includes('people not reloaded'))
    expect((await ask('full000000')).status).toBe(200)
    expect((await ask('disabled00')).status).toBe(401)
    const ops = join(stack.stateDir, 'run/ops.sock')
    const ready = await exchangeUnix(ops, lines('GET /readyz HTTP/1.1', 'Host: localhost'))
    expect(ready).toMatch(/degraded[\s\S]*people\.json/)
    write(stack)
    await eventually(() =>
      /people not reloaded[\s\S]*people reloaded/.test(stack.gatekeeper.output()),
    )
  })

  it('does not start with a broken file: exit 78 with the place', async () => {
    const folder = dirname(stack.stateDir)
    const keysDir = join(folder, 'keys of another')
    const text = '{"version": 1, "people": {\n"aaaaaaaaaa": {"name": "ada", "role": "root"}}}'
    mkdirSync(keysDir)
    writeFileSync(join(keysDir, 'people.json'), text)
    const child = startGatekeeper({
      ...stack.env,
      GATEKEEPER_STATE_DIR: join(folder, 'state of another'),
      GATEKEEPER_KEYS_DIR: keysDir,
    })
    const code = await new Promise((ended) => child.process.once('close', ended))
    expect([code, child.output()]).toEqual([78, expect.stringMatching(/people\.json:2/)])
  })
})

describe.skipIf(testCaddy === null)('an answer that is being sent', () => {
  it('is cut when the maker of its key is disabled', async () => {
    const upstream = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      const event = { model: 'demo', message: { role: 'assistant', content: 'x' }, done: false }
      const timer = setInterval(() => response.write(`${JSON.stringify(event)}\n`), 50)
      response.on('close', () => clearInterval(timer))
    }).listen(0, '127.0.0.1')
    await new Promise((listening) => upstream.once('listening', listening))
    const ollamaUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    const key = keys['changing00'] as TestKey
    const stack = await startStack({ keys: [key], config: unqueuedGateway, ollamaUrl })
    try {
      write(stack)
      await eventually(async () => (await stack.send('/status', { key: key.key })).status === 200)
      const answer = await stack.dispatcher.request({
        ...{ origin: stack.url, path: '/api/chat', method: 'POST' },
        body: JSON.stringify({ ...chat, stream: true }),
        headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      })
      let state = 'open'
      answer.body.on('data', () => {})
      answer.body.on('end', () => {
        state = 'ended'
      })
      answer.body.on('error', () => {
        state = 'cut'
      })
      write(stack, { changing00: { access: all, disabled: true } })
      await eventually(() => state === 'cut')
      await eventually(() => stack.gatekeeper.output().includes('CREDENTIAL_REVOKED'))
    } finally {
      await stack.stop()
      upstream.closeAllConnections()
      upstream.close()
    }
  })
})
