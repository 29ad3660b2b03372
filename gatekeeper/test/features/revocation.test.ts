/**
 * Answers that are being sent when their credential is revoked, end to end: the
 * upstream sends an event now and then, forever.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addClient } from '../../src/operations/clients/client-writer.ts'
import { waitUntil } from '../support/child.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { keyFileText, makeKey, type TestKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const chat = { model: 'demo', messages: [{ role: 'user', content: 'hi' }], stream: true }

/** A model whose answer never ends, and which counts its readers. */
async function startEndless() {
  let open = 0
  const server: Server = createServer((_, response) => {
    open++
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const event = { model: 'demo', message: { role: 'assistant', content: 'x' }, done: false }
    const timer = setInterval(() => response.write(`${JSON.stringify(event)}\n`), 50)
    response.on('close', () => {
      clearInterval(timer)
      open--
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => open,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** One answer that is being read; `state` is its current state. */
async function listen(stack: Stack, credential: string) {
  const answer = await stack.dispatcher.request({
    ...{ origin: stack.url, path: '/api/chat', method: 'POST', body: JSON.stringify(chat) },
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
  })
  expect(answer.statusCode).toBe(200)
  const heard = { bytes: 0, state: 'open' as 'open' | 'ended' | 'cut' }
  answer.body.on('data', (chunk: Buffer) => {
    heard.bytes += chunk.length
  })
  answer.body.on('end', () => {
    heard.state = 'ended'
  })
  answer.body.on('error', () => {
    heard.state = 'cut'
  })
  await eventually(() => heard.bytes > 0)
  return heard
}

/** The promise is two seconds, and a slow machine gets longer. */
const eventually = (isTrue: () => boolean | Promise<boolean>) =>
  waitUntil(isTrue, { limitMs: 30_000, describe: () => 'it did not become true' })

const post = (stack: Stack, path: string, entries: Record<string, string>) =>
  stack.send(path, {
    ...{ method: 'POST', body: new URLSearchParams(entries).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

const tokenOf = async (stack: Stack, entries: Record<string, string>) => {
  const { text } = await post(stack, '/oauth/token', entries)
  const { access_token } = JSON.parse(text) as { access_token?: string }
  if (access_token === undefined) throw new Error(text)
  return access_token
}

describe.skipIf(testCaddy === null)('an answer that is being sent', () => {
  const upstreams: { stop: () => void }[] = []
  const stacks: Stack[] = []
  const open = async (config: string, keys: readonly TestKey[]) => {
    const upstream = await startEndless()
    upstreams.push(upstream)
    const stack = await startStack({ keys, config, ollamaUrl: upstream.url })
    stacks.push(stack)
    return { upstream, stack }
  }
  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.stop()))
    for (const upstream of upstreams) upstream.stop()
  })

  describe('is cut at the next event', () => {
    const [staying, disabled, removed, expired, rotated, parent] = [
      ...['staying', 'disabled', 'removed', 'expired', 'rotated', 'parent'],
    ].map((user) => makeKey({ user })) as [TestKey, TestKey, TestKey, TestKey, TestKey, TestKey]
    const keys = [staying, disabled, removed, expired, rotated, parent]
    let stack: Stack
    let upstream: Awaited<ReturnType<typeof startEndless>>
    let control: Awaited<ReturnType<typeof listen>>

    beforeAll(async () => {
      ;({ stack, upstream } = await open(unqueuedGateway, keys))
      control = await listen(stack, staying.key)
    })

    it('when its key is disabled, removed, expired or rotated, or the parent of its token is', async () => {
      const exchange = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: parent.key,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }
      const child = await tokenOf(stack, exchange)
      const credentials = [disabled.key, removed.key, expired.key, rotated.key, child]
      const streams = await Promise.all(credentials.map((one) => listen(stack, one)))
      const change = (key: TestKey, entry: object) => ({
        ...key,
        entry: { ...key.entry, ...entry },
      })
      const changed = [
        staying,
        change(disabled, { disabled: true }),
        change(expired, { expiresAt: new Date(Date.now() + 1_000).toISOString() }),
        change(rotated, { secrets: makeKey().entry['secrets'] }),
        change(parent, { disabled: true }),
      ]
      await writeFile(stack.keysFile, keyFileText(changed))
      await eventually(() => streams.every(({ state }) => state === 'cut'))
      // The model no longer computes for them.
      await eventually(() => upstream.open() === 1)
      expect(control.state).toBe('open')
      expect(stack.gatekeeper.output()).toContain('CREDENTIAL_REVOKED')
    })

    it('when its token is revoked, or the client of it removed', async () => {
      const file = join(dirname(stack.keysFile), 'clients.json')
      const rest = { models: [], limits: [], addresses: [], expiresAt: null, tokenSeconds: null }
      const wanted = { role: 'readwrite', services: ['ollama'], scopes: ['chat'], ...rest } as const
      const deps = { clock: Date.now }
      const [one, other] = [
        await addClient(file, { id: 'one', ...wanted }, deps),
        await addClient(file, { id: 'other', ...wanted }, deps),
      ]
      const as = (id: string, secret: string) => ({ client_id: id, client_secret: secret })
      const grant = { grant_type: 'client_credentials' }
      await eventually(async () => {
        const answer = await post(stack, '/oauth/token', { ...grant, ...as('other', other) })
        return answer.status === 200
      })
      const token = await tokenOf(stack, { ...grant, ...as('one', one) })
      const second = await tokenOf(stack, { ...grant, ...as('one', one) })
      const third = await tokenOf(stack, { ...grant, ...as('other', other) })
      const [first, spared, last] = await Promise.all([
        ...[token, second, third].map((each) => listen(stack, each)),
      ])
      const revoked = await post(stack, '/oauth/revoke', { token, ...as('one', one) })
      expect(revoked.status).toBe(200)
      await eventually(() => first?.state === 'cut')
      expect([spared?.state, last?.state]).toEqual(['open', 'open'])
      const document = JSON.parse(readFileSync(file, 'utf8')) as { clients: object }
      const { one: _, ...clients } = document.clients as Record<string, unknown>
      await writeFile(file, JSON.stringify({ ...document, clients }))
      await eventually(() => spared?.state === 'cut')
      expect([control.state, last?.state]).toEqual(['open', 'open'])
    })
  })

  it('continues if gatekeeper.yaml says so; the next request is refused', async () => {
    const key = makeKey()
    const config = `${unqueuedGateway}\nrevocation: {cutStreams: false}\n`
    const { stack } = await open(config, [key])
    const heard = await listen(stack, key.key)
    await writeFile(
      stack.keysFile,
      keyFileText([{ ...key, entry: { ...key.entry, disabled: true } }]),
    )
    await eventually(async () => (await stack.send('/status', { key: key.key })).status === 401)
    const before = heard.bytes
    await eventually(() => heard.bytes > before + 1_000)
    expect(heard.state).toBe('open')
  })
})
