import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayJsonSchema } from '../../../scripts/docs/configuration-docs.ts'
import { renderEndpoints } from '../../../scripts/docs/endpoint-docs.ts'
import { type App, createApp } from '../../src/app/app.ts'
import { loadGateway } from '../../src/config/load-gateway.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { kinds } from '../../src/kinds/kinds.ts'
import { readTextFile } from '../../src/lib/files/text-file.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { toy } from '../support/toy-kind/toy.ts'

/** A kind is one folder: everything here follows from the list of kinds that has it. */
const all = [...kinds, toy]

const service = { services: ['toy'] }
const reader = makeKey({ ...service, role: 'readonly', models: ['red'] })
const writer = makeKey({ ...service, models: ['RED*'] })
const counted = makeKey({ ...service, limits: ['20-tokens/day'] })
const admin = makeKey({ ...service, role: 'admin', cloudModels: true })

const folder = mkdtempSync(join(tmpdir(), 'gatekeeper-toy-'))
const edge = 'e'.repeat(43)
const log: unknown[] = []
/** The requests that the server behind it received. */
const received: { readonly url: string; readonly body: string }[] = []

const upstream = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  received.push({ url: request.url ?? '', body })
  const isList = request.url === '/puppets'
  response.setHeader('content-type', isList ? 'application/json' : 'application/x-ndjson')
  const list = { models: ['red', 'blue', 'sky/red'].map((name) => ({ name })) }
  const said = ['{"word":"Hello"}', '{"bill":{"read":7,"said":5},"curtain":"down"}']
  response.end(isList ? JSON.stringify(list) : `${said.join('\n')}\n`)
})
let app: App
let relay: ReturnType<typeof createServer>

const portOf = async (server: ReturnType<typeof createServer>) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

function settingsWith(text: string) {
  const config = join(folder, 'gatekeeper.yaml')
  writeFileSync(config, text)
  const env = {
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: config,
  }
  return readSettings({ env, folder, platform: process.platform, readFile: readTextFile }).settings
}

const gatewayText = (port: number) =>
  `version: 1\noverload: {lagMs: 60000}\nservices:\n  toy: {kind: toy, upstream: {url: "http://127.0.0.1:${port}"}, routes: [{prefix: /box, strip: true}]}\n`

beforeAll(async () => {
  for (const name of ['state', 'keys']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'keys/keys.json'), keyFileText([reader, writer, counted, admin]))
  const settings = settingsWith(gatewayText(await portOf(upstream)))
  const gateway = loadGateway(settings, readTextFile, all)
  expect([gateway.problems, gateway.warnings]).toEqual([[], []])
  const note = (...line: unknown[]) => log.push(line)
  app = await createApp({
    ...{ ...gateway, settings, clock: Date.now, version: 'toy' },
    ...{ secrets: { edge, proof: 'p'.repeat(43) }, log: { info: note, warn: note, error: note } },
  })
  relay = createServer(app.relay.callback())
})

afterAll(async () => {
  await app.close()
  for (const server of [relay, upstream]) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true, force: true })
})

let relayPort: Promise<number> | null = null

/** One request as Caddy hands it on. */
async function send(key: { readonly key: string }, path: string, body?: unknown) {
  relayPort ??= portOf(relay)
  const method = body === undefined ? 'GET' : 'POST'
  const answer = await fetch(`http://127.0.0.1:${await relayPort}/box${path}`, {
    method,
    headers: {
      ...{ authorization: `Bearer ${key.key}`, 'x-gatekeeper-edge': edge },
      ...{ 'x-gatekeeper-request-id': crypto.randomUUID(), 'x-gatekeeper-method': method },
      ...{ 'x-gatekeeper-uri': `/box${path}`, 'x-gatekeeper-host': 'localhost' },
      ...{ 'x-gatekeeper-client-address': '127.0.0.1', 'x-gatekeeper-protocol': 'HTTP/1.1' },
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, text: await answer.text() }
}

describe('a kind that is one folder and an entry in the list', () => {
  test('can be configured in gatekeeper.yaml, and has the defaults of its kind', () => {
    const settings = settingsWith(gatewayText(1))
    const [service] = loadGateway(settings, readTextFile, all).services
    expect(service).toMatchObject({ kind: toy, queue: { slots: 2 }, keepAlive: false })
    expect(service?.routes).toMatchObject([{ mode: 'relay' }])
    const [problem] = loadGateway(settings, readTextFile).problems
    expect(problem?.what).toBe(
      `services.toy.kind: must be one of ${kinds.map(({ name }) => name).join(', ')}`,
    )
  })

  test('is in the documents', () => {
    expect(renderEndpoints(all)).toContain('## `kind: toy`: a server that nobody has')
    expect(renderEndpoints(all)).toContain(
      '| POST | `/say` | use | json | `puppet` | ndjson by `stream` \\* | toy |',
    )
    expect(JSON.stringify(gatewayJsonSchema(all))).toContain('"http","toy"]')
    expect(JSON.stringify(gatewayJsonSchema(all))).toContain('1 for `ollama`, else 2 for `toy`')
  })

  test('has its endpoints and no others', async () => {
    expect((await send(writer, '/say', { puppet: 'red' })).status).toBe(200)
    for (const path of ['/', '/Say', '/say/', '/v1/chat/completions']) {
      expect([path, (await send(admin, path, { puppet: 'red' })).status]).toEqual([path, 404])
    }
    expect((await send(admin, '/burn', {})).status).toBe(404)
  })

  test('gives each role the classes of its rows', async () => {
    const reached = async (key: { readonly key: string }) => [
      (await send(key, '/puppets')).status,
      (await send(key, '/say', { puppet: 'red' })).status,
      (await send(key, '/carve', { puppet: 'red' })).status,
    ]
    expect(await reached(reader)).toEqual([200, 403, 403])
    expect(await reached(writer)).toEqual([200, 200, 403])
    expect(await reached(admin)).toEqual([200, 200, 200])
  })

  test('shows each key its own models, by the names that the kind folds', async () => {
    const namesFor = async (key: { readonly key: string }) =>
      JSON.parse((await send(key, '/puppets')).text).models.map(
        ({ name }: { name: string }) => name,
      )
    expect(await namesFor(reader)).toEqual(['red'])
    expect(await namesFor(counted)).toEqual(['red', 'blue'])
    expect(await namesFor(admin)).toEqual(['red', 'blue', 'sky/red'])
  })

  test('refuses a model that the key may not use, under every one of its names', async () => {
    received.length = 0
    for (const name of ['blue', 'BLUE', 'sky/red', ['red'], 7]) {
      expect([name, (await send(writer, '/say', { puppet: name })).status]).toEqual([name, 404])
    }
    expect(received).toEqual([])
    expect((await send(writer, '/say', { puppet: 'Red' })).status).toBe(200)
    expect(received[0]).toMatchObject({ url: '/say', body: '{"puppet":"Red"}' })
  })

  test('refuses the members that it names, and says why', async () => {
    const { status, text } = await send(admin, '/say', { puppet: 'red', STRINGS: 1 })
    expect(status).toBe(400)
    expect(text).toContain('it could move the puppets of other callers')
  })

  test('answers in its dialect, also for an unlisted path', async () => {
    for (const path of ['/say', '/nowhere']) {
      const body = { puppet: 'green' }
      const { error } = JSON.parse((await send(writer, path, body)).text)
      expect(error).toMatchObject({ code: 404, status: 'NOT_FOUND' })
    }
  })

  test('is charged by its own figures, and a limit of tokens applies there', async () => {
    expect((await send(counted, '/say', { puppet: 'red', words: { most: 5 } })).status).toBe(200)
    expect(JSON.stringify(log)).toMatch(/"inputTokens":7,"outputTokens":5/)
    expect((await send(counted, '/say', { puppet: 'red', words: { most: 9 } })).status).toBe(429)
  })
})
