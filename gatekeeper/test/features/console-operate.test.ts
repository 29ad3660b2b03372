/** What people operate in the console, with the real Caddy, gatekeeper and admin process. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { adminStorePath, openAdminStore } from '../../../admin/src/store/admin-store.ts'
import { createSession } from '../../../admin/src/store/change-sessions.ts'
import { waitUntil } from '../support/child.ts'
import { startConsole, type TestConsole } from '../support/console.ts'
import { decisionsOf } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { readChainOf } from '../support/read-chain.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const root = resolve(import.meta.dirname, '../../..')
const config = `version: 1
services:
  ollama:
    kind: ollama
    slots: 1
    prices: {"demo*": {inputUsdPerMillion: 1000, outputUsdPerMillion: 1000}}
    routes: [{prefix: /v1}, {prefix: /ollama, strip: true}]
`
const people = {
  olga000000: { name: 'olga', role: 'owner' },
  audrey0000: { name: 'audrey', role: 'auditor' },
  mia0000000: {
    ...{ name: 'mia', role: 'member' },
    access: { role: 'readwrite', services: ['ollama'], models: [], limits: [] },
  },
}
const services = ['ollama']
const mia = makeKey({ user: 'mia', services, madeBy: 'mia0000000', limits: ['3/day'] })
const bob = makeKey({ user: 'bob', services, models: ['demo*'] })
const off = makeKey({ user: 'off', services, disabled: true })

type Session = { readonly cookie: string; readonly half: string }
// biome-ignore lint/suspicious/noExplicitAny: documents of many shapes, compared by tests
type Document = any

describe.skipIf(testCaddy === null)('operating from the console', () => {
  let stack: Stack
  let site: TestConsole
  const sessions = new Map<string, Session>()
  const texts: string[] = []
  const held: ServerResponse[] = []

  beforeAll(async () => {
    stack = await startStack({ keys: [mia, bob, off], config })
    const file = join(dirname(stack.keysFile), 'people.json')
    writeFileSync(file, JSON.stringify({ version: 1, people }))
    site = await startConsole(stack)
    const store = await openAdminStore(adminStorePath(stack.stateDir))
    for (const person of Object.keys(people)) {
      const signed = { person, method: 'code', address: '127.0.0.1', agent: null }
      sessions.set(person, await createSession(store, signed, Date.now()))
    }
    await store.close()
    await until(async () => (await call('mia0000000', 'GET', '/queue')).status === 200)
  })
  afterEach(() => {
    for (const response of held.splice(0)) response.destroy()
    stack.upstream.reset()
  })
  afterAll(async () => {
    await site?.stop()
    await stack?.stop()
  })

  const until = (isDone: () => boolean | Promise<boolean>) =>
    waitUntil(isDone, { limitMs: 20_000, describe: stack.gatekeeper.output })

  const headersOf = (person: string) => {
    const { cookie = '', half = '' } = sessions.get(person) ?? {}
    return {
      cookie: `__Host-gk_session=${cookie}`,
      'x-gatekeeper-session': half,
      origin: site.url,
    }
  }
  async function call(person: string, method: string, path: string, json?: object) {
    const answer = await site.send(`/admin/v1${path}`, {
      ...{ method, headers: headersOf(person) },
      ...(json !== undefined && { json }),
    })
    texts.push(answer.text)
    const isJson = String(answer.headers['content-type']).includes('json')
    const body: Document = isJson ? JSON.parse(answer.text) : null
    return { status: answer.status, text: answer.text, body }
  }
  const chat = (key: string, more: object = {}) => ({
    ...{ key, service: 'ollama', model: 'demo:latest' },
    messages: [{ role: 'user', content: 'hello' }],
    ...more,
  })
  const eventsOf = (text: string): Document[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)))

  it('explains a request as the command does', async () => {
    const question = { method: 'POST', path: '/ollama/api/chat', model: 'secret-model' }
    const { body, text } = await call('olga000000', 'POST', '/explain', {
      ...question,
      key: bob.id,
    })
    expect(body, text).toMatchObject({ verdict: 'refused', status: 404 })
    const [script, ...words] = body.command.replace('npm run ', 'scripts/').split(' ')
    expect(words[0]).toBe('--')
    const ran = await promisify(execFile)(
      process.execPath,
      [join(root, `${script}.ts`), ...words.slice(1), '--json'],
      { cwd: root, env: { ...stack.env } },
    ).catch((error: { readonly stdout: string }) => error)
    const said = JSON.parse(ran.stdout) as Document
    const results = said.checks.map(({ check, reason }: Document) => [check, reason])
    expect(
      body.checks.map(({ name, reason, result }: Document) => [
        ...[name, result === 'skip' ? 'not-asked' : reason],
      ]),
    ).toEqual(results)
    expect(body.reason).toBe(said.verdict.reason)
    const [place] = body.places
    expect(said.written[0]).toContain(`${place.file}:${place.line}`)
    const sent = await stack.send('/ollama/api/chat', {
      ...{ key: bob.key, json: { model: 'secret-model', messages: [], stream: false } },
    })
    expect(sent.status).toBe(body.status)
  })

  it('explains to a member their own keys only', async () => {
    const question = { method: 'GET', path: '/ollama/api/tags' }
    const own = await call('mia0000000', 'POST', '/explain', { ...question, key: mia.id })
    expect(own.body, own.text).toMatchObject({ verdict: 'allowed', caller: { user: 'mia' } })
    const other = await call('mia0000000', 'POST', '/explain', { ...question, key: bob.id })
    const none = await call('mia0000000', 'POST', '/explain', { ...question, key: 'zzzzzzzzzz' })
    expect([other.status, none.status]).toEqual([404, 404])
    expect(other.body.detail).toBe(none.body.detail)
  })

  it('plays with a key: it is charged, its limit counts, and who asked is on record', async () => {
    const listed = await call('mia0000000', 'GET', `/playground/models?key=${mia.id}`)
    expect(listed.body, listed.text).toMatchObject({ items: [{ model: 'demo:latest' }] })
    const { text } = await call('mia0000000', 'POST', '/playground/chat', chat(mia.id))
    const events = eventsOf(text)
    expect(
      events.some(({ delta }) => typeof delta === 'string'),
      text,
    ).toBe(true)
    const { usage } = events.at(-1)
    expect(Number(usage.microUsd)).toBeGreaterThan(0)
    const decisions = () =>
      decisionsOf(stack).filter(({ requestId }) => requestId === usage.requestId)
    await until(() => decisions().length > 0)
    expect(decisions()).toMatchObject([{ user: 'mia', outcome: 'allow' }])
    const acts: readonly Document[] = readChainOf(join(stack.stateDir, 'audit'), 'acts').records
    expect(acts.find(({ event }) => event === 'playground.used')).toMatchObject({
      ...{ key: mia.id, model: 'demo:latest', requestId: usage.requestId },
      principal: 'person:mia0000000',
    })
    const limits = (await call('mia0000000', 'GET', `/keys/${mia.id}`)).body.limits
    expect(limits).toMatchObject([{ text: '3/day', used: 1, limit: 3 }])
    for (const _ of [2, 3]) await call('mia0000000', 'POST', '/playground/chat', chat(mia.id))
    const over = await call('mia0000000', 'POST', '/playground/chat', chat(mia.id))
    expect(eventsOf(over.text)).toMatchObject([
      { error: { status: 429 } },
      { usage: { reason: 'quota-exceeded', microUsd: '0' } },
    ])
  })

  it('plays with nothing of others, nothing disabled, and lets auditors spend nothing', async () => {
    const tries = [
      ['mia0000000', bob.id, 404],
      ['mia0000000', 'zzzzzzzzzz', 404],
      ['olga000000', off.id, 409],
      ['audrey0000', bob.id, 403],
    ] as const
    for (const [person, key, status] of tries) {
      const answer = await call(person, 'POST', '/playground/chat', chat(key))
      expect([person, answer.status]).toEqual([person, status])
      const models = await call(person, 'GET', `/playground/models?key=${key}`)
      expect([person, models.status]).toEqual([person, status])
    }
    expect(stack.upstream.requests).toBe(0)
  })

  it('shows who waits, and an answer that nobody reads any more is ended at the model', async () => {
    stack.upstream.behave({
      answer: (response) => void (response.req.method === 'POST' && held.push(response)),
    })
    const stopping = new AbortController()
    const playing = fetchStream(chat(bob.id), stopping.signal)
    await until(() => held.length === 1)
    const waiting = stack.send('/ollama/api/chat', {
      ...{ key: bob.key, json: { model: 'demo', messages: [{ role: 'user', content: 'x' }] } },
    })
    await until(async () => (await queueOf('olga000000')).waiting.length === 1)
    expect(await queueOf('olga000000')).toMatchObject({
      ...{ slots: 1, runningCount: 1, waitingCount: 1 },
      running: [{ user: 'bob', key: bob.id, model: 'demo:latest' }],
      waiting: [{ user: 'bob', key: bob.id, position: 1 }],
    })
    expect(await queueOf('mia0000000')).toMatchObject({ waitingCount: 1, running: [], waiting: [] })
    stopping.abort()
    await playing
    await until(() => stack.upstream.aborted === 1)
    await until(() => held.length === 2)
    held[1]?.setHeader('content-type', 'application/json').end('{"done":true}')
    expect((await waiting).status).toBe(200)
  })

  const queueOf = async (person: string) =>
    (await call(person, 'GET', '/queue')).body.services[0] as Document

  /** Until the answer ends or is aborted. */
  async function fetchStream(json: object, signal: AbortSignal): Promise<void> {
    const answer = await site.dispatcher
      .request({
        ...{ origin: site.url, path: '/admin/v1/playground/chat', method: 'POST', signal },
        headers: {
          ...headersOf('olga000000'),
          'content-type': 'application/json',
          'sec-fetch-site': 'same-origin',
        },
        body: JSON.stringify(json),
      })
      .catch(() => null)
    await answer?.body.text().catch(() => null)
  }

  it('tells what stands behind the gate and whether it is well', async () => {
    const { body, text } = await call('audrey0000', 'GET', '/services')
    expect(body.items[0], text).toMatchObject({ name: 'ollama', kind: 'ollama', health: 'up' })
    const doctor = await call('audrey0000', 'GET', '/doctor')
    expect(doctor.body.items, doctor.text).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'the running gatekeeper', state: 'ok' }),
      ]),
    )
    for (const path of ['/services', '/doctor']) {
      expect((await call('mia0000000', 'GET', path)).status).toBe(403)
    }
  })

  it('shows no secret in any answer or log', () => {
    const all = texts.join('\n') + stack.gatekeeper.output() + site.admin.output()
    for (const { key } of [mia, bob, off]) expect(all).not.toContain(key.slice(14))
    expect(all).not.toContain('eyJ')
    for (const { half, cookie } of sessions.values()) {
      expect(all).not.toContain(half)
      expect(all).not.toContain(cookie)
    }
  })
})
