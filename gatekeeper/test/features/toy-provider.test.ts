import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { renderEndpoints } from '../../../scripts/docs/endpoint-docs.ts'
import { renderEnvExample } from '../../../scripts/docs/settings-docs.ts'
import { type App, createApp } from '../../src/app/app.ts'
import { loadGateway } from '../../src/config/load-gateway.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { readTextFile } from '../../src/lib/files/text-file.ts'
import { keyFileText, makeKey } from '../support/keys.ts'

/** A provider is one folder and a line in the list: everything here follows from that line. */
vi.mock(import('../../src/kinds/providers/providers.ts'), async (original) => {
  const { providers } = await original()
  const { toyProvider } = await import('../support/toy-provider/toy-provider.ts')
  return { providers: [...providers, toyProvider] }
})

const ada = makeKey({ services: ['puppet'], models: ['red'] })
const bob = makeKey({ services: ['ollama'] })
const folder = mkdtempSync(join(tmpdir(), 'gatekeeper-toy-provider-'))
const edge = 'e'.repeat(43)
const received: { url: string; body: string; headers: IncomingHttpHeaders }[] = []

const upstream = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  received.push({ url: request.url ?? '', body, headers: request.headers })
  const list = { data: [{ id: 'red' }, { id: 'blue' }] }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(request.method === 'GET' ? list : { said: 'Hello' }))
})
let app: App
let relay: ReturnType<typeof createServer>

const portOf = async (server: ReturnType<typeof createServer>) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}
let relayPort = 0

beforeAll(async () => {
  for (const name of ['state', 'keys']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'keys/keys.json'), keyFileText([ada, bob]))
  const config = join(folder, 'gatekeeper.yaml')
  writeFileSync(config, 'version: 1\noverload: {lagMs: 60000}\nservices: {}\n')
  const { settings, problems } = readSettings({
    ...{ folder, platform: process.platform, readFile: readTextFile },
    env: {
      GATEKEEPER_STATE_DIR: join(folder, 'state'),
      GATEKEEPER_VAULT_DIR: join(folder, 'vault'),
      GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
      GATEKEEPER_CONFIG: config,
      PUPPET_API_KEY: 'account-key-of-puppet',
      PUPPET_BASE_URL: `http://127.0.0.1:${await portOf(upstream)}/show/v7`,
    },
  })
  const gateway = loadGateway(settings, readTextFile)
  expect([...problems, ...gateway.problems]).toEqual([])
  const nothing = () => {}
  app = await createApp({
    ...{ ...gateway, settings, clock: Date.now, version: 'toy' },
    ...{ secrets: { edge, proof: 'p'.repeat(43) } },
    log: { info: nothing, warn: nothing, error: nothing },
  })
  relay = createServer(app.relay.callback())
  relayPort = await portOf(relay)
})
afterAll(async () => {
  await app.close()
  for (const server of [relay, upstream]) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  received.length = 0
})

/** One request as Caddy hands it on. */
async function send({ key }: { readonly key: string }, path: string, body?: object) {
  const method = body === undefined ? 'GET' : 'POST'
  const answer = await fetch(`http://127.0.0.1:${relayPort}/${path}`, {
    method,
    headers: {
      ...{ authorization: `Bearer ${key}`, 'x-gatekeeper-edge': edge },
      ...{ 'x-gatekeeper-request-id': crypto.randomUUID(), 'x-gatekeeper-method': method },
      ...{ 'x-gatekeeper-uri': `/${path}`, 'x-gatekeeper-host': 'localhost' },
      ...{ 'x-gatekeeper-client-address': '127.0.0.1', 'x-gatekeeper-protocol': 'HTTP/1.1' },
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: JSON.parse(await answer.text()) }
}

test('a twelfth provider is called at its own path, with its key in its field', async () => {
  const answer = await send(ada, 'puppet/show/v7/talk', { doll: 'red' })
  expect([answer.status, answer.body]).toEqual([200, { said: 'Hello' }])
  expect(received[0]).toMatchObject({
    url: '/show/v7/talk',
    headers: { 'x-api-key': 'account-key-of-puppet', 'puppet-version': '7' },
  })
  expect(JSON.stringify(received[0]?.headers)).not.toContain(ada.key)
})

test('and at /api/PROVIDER, with its chat and its version', async () => {
  for (const [path, body] of [
    ['api/puppet', { doll: 'red' }],
    ['api/puppet/proxy', { endpoint: '/talk', doll: 'red' }],
    ['api/puppet/proxy', { endpoint: '/v7/talk', doll: 'red' }],
    ['api/puppet/proxy', { endpoint: '/show/v7/talk', doll: 'red' }],
  ] as const) {
    expect((await send(ada, path, body)).status).toBe(200)
  }
  expect(new Set(received.map(({ url, body }) => `${url} ${body}`))).toEqual(
    new Set(['/show/v7/talk {"doll":"red"}']),
  )
  const list = await send(ada, 'api/puppet/proxy?endpoint=/dolls')
  expect(list.body.data).toEqual([{ id: 'red' }])
  expect((await send(ada, 'api/puppet/endpoints')).body).toMatchObject({
    ...{ api: 'puppet', configured: true, allowedEndpoints: ['/talk', '/dolls'] },
  })
})

test('its models, its list of endpoints and its grant hold as for the others', async () => {
  expect((await send(ada, 'puppet/show/v7/talk', { doll: 'blue' })).status).toBe(404)
  expect((await send(ada, 'puppet/show/v7/strings', { doll: 'red' })).status).toBe(404)
  expect((await send(ada, 'api/puppet/proxy', { endpoint: '/strings' })).status).toBe(403)
  expect((await send(bob, 'puppet/show/v7/dolls')).status).toBe(403)
  expect(received).toEqual([])
})

test('it is in the documents', () => {
  expect(renderEndpoints()).toContain('## Provider `puppet`: Puppet Models')
  expect(renderEnvExample()).toContain('PUPPET_API_KEY')
})
