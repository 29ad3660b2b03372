import { connect as connectHttp2 } from 'node:http2'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { decisionsOn } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { readAnswer } from './support/answers.ts'
import { type AppServer, foldFieldName, foldFields, startApp } from './support/app-server.ts'
import { forwardingNames, spellingsOf, trustedNames } from './support/texts/spellings.ts'

const ada = makeKey({ role: 'readonly' })
const away = makeKey({ addresses: ['10.9.8.0/24'] })
const speaker = makeKey({ services: ['tts'] })

/** The same application behind both points. */
const points = [
  ['check', '/chat/api/tags'],
  ['relay', '/api/version'],
] as const

describe.skipIf(testCaddy === null)('identity and forwarding', () => {
  let stack: Stack
  let app: AppServer
  beforeAll(async () => {
    app = await startApp((response) => void response.end('{}'))
    const keys = [ada, away, speaker]
    stack = await startStack({ keys, ollamaUrl: app.url })
  })
  beforeEach(() => {
    app.seen.length = 0
  })
  afterAll(async () => {
    await stack?.stop()
    await app?.close()
  })

  /** One request with extra field lines; returns the fields that the application got, folded. */
  const reach = async (path: string, extra: readonly string[]) => {
    app.seen.length = 0
    const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${ada.key}`]
    const answer = readAnswer(await exchange(await openTls(stack), lines(...head, ...extra)))
    expect({ extra: extra.slice(0, 3), status: answer.status }).toMatchObject({ status: 200 })
    expect(app.seen).toHaveLength(1)
    return { raw: app.seen[0]?.rawHeaders ?? [], folded: foldFields(app.seen[0]?.rawHeaders ?? []) }
  }

  const identity = {
    'x-gatekeeper-user': 'ada',
    'x-gatekeeper-key-id': ada.id,
    'x-gatekeeper-role': 'readonly',
    'x-gatekeeper-service': 'ollama',
  }

  const ours = 'User Key-Id Role Service Request-Id Proof Edge Allow-Origin Subprotocols Method Uri'
  const statements = 'Host Client-Address Upgrade'
  const names = `${ours} ${statements}`.split(' ').map((name) => `X-Gatekeeper-${name}`)

  describe.each(points)('%s: a client cannot state its identity', (_point, path) => {
    it.each(names)('in any spelling of %s that an application may fold to it', async (name) => {
      const spellings = spellingsOf(name)
      expect(spellings.length).toBeGreaterThan(60)
      const { raw, folded } = await reach(
        path,
        spellings.map((spelling) => `${spelling}: evil`),
      )
      const fieldNames = raw.filter((_, at) => at % 2 === 0)
      expect(fieldNames.filter((_, at) => raw[at * 2 + 1] === 'evil')).toEqual([])
      for (const [field, value] of Object.entries(identity)) {
        expect([field, folded.get(field)]).toEqual([field, [value]])
      }
      expect(folded.get('x-gatekeeper-request-id')).toHaveLength(1)
      const leaked = [...folded.keys()].filter((field) => /edge|proof|statement|uri/.test(field))
      expect(leaked).toEqual([])
    })

    it('by a field that repeats ours, before, after and in one line', async () => {
      const { folded } = await reach(path, [
        'X-Gatekeeper-User: evil',
        'X-Gatekeeper-User: ada,evil',
        'X-Gatekeeper-User:',
        'x-gatekeeper-role: admin',
      ])
      expect(folded.get('x-gatekeeper-user')).toEqual(['ada'])
      expect(folded.get('x-gatekeeper-role')).toEqual(['readonly'])
    })

    it('over HTTP/2', async () => {
      const session = connectHttp2(stack.url, { ca: stack.ca })
      // The library refuses some of the odder characters by itself.
      const spellings = names
        .flatMap((name) => spellingsOf(name))
        .map((name) => name.toLowerCase())
        .filter((name) => /^[a-z._-]+$/.test(name))
      const request = session.request({
        ...Object.fromEntries(spellings.slice(0, 400).map((name) => [name, 'evil'])),
        ...{ ':path': path, authorization: `Bearer ${ada.key}` },
      })
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      request.once('response', (fields) => resolve(Number(fields[':status'])))
      request.once('error', reject)
      expect(await promise).toBe(200)
      request.resume()
      session.close()
      const raw = app.seen[0]?.rawHeaders ?? []
      expect(raw.filter((_, at) => raw[at + 1] === 'evil')).toEqual([])
      expect(foldFields(raw).get('x-gatekeeper-user')).toEqual(['ada'])
    })
  })

  it.each([
    ['check', '/chat/api/chat'],
    ['relay', '/api/chat'],
  ])('%s: a client cannot state its identity in trailers of its body', async (_point, path) => {
    const user = makeKey()
    const own = await startStack({ keys: [user], ollamaUrl: app.url })
    const bytes = [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${user.key}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'Trailer: X-Gatekeeper-User, X-Gatekeeper.Role, X-Forwarded-For',
      'Connection: close',
      '',
      'd',
      '{"model":"m"}',
      '0',
      'X-Gatekeeper-User: evil',
      'X-Gatekeeper.Role: evil',
      'X-Forwarded-For: evil',
      '\r\n',
    ].join('\r\n')
    const answer = await exchange(await openTls(own), bytes)
    await own.stop()
    // Refusing such a request would be correct as well; accepting its claim is not.
    if (readAnswer(answer).status === 200) expect(app.seen).toHaveLength(1)
    expect(app.seen.flatMap(({ rawHeaders }) => rawHeaders)).not.toContain('evil')
    expect(app.seen.flatMap(({ rawTrailers }) => rawTrailers)).toEqual([])
  })

  describe.each(points)('%s: a client cannot state its address', (_point, path) => {
    it.each(forwardingNames)('by %s, not to the application', async (name) => {
      const spellings = [name, name.replaceAll('-', '_'), name.replaceAll('-', '.')]
      const { raw } = await reach(
        path,
        spellings.map((spelling) => `${spelling}: 6.6.6.6`),
      )
      const reached = raw.filter((_, at) => at % 2 === 0 && raw[at + 1]?.includes('6.6.6.6'))
      expect(reached.map(foldFieldName)).toEqual([])
    })

    it.each(trustedNames)(
      'and not that another proxy has authenticated it: %s does not arrive',
      async (name) => {
        const { raw } = await reach(path, [`${name}: evil`])
        expect(raw.filter((_, at) => raw[at + 1] === 'evil')).toEqual([])
      },
    )

    it('not to the log, and not to a key that is limited to addresses', async () => {
      const headers = Object.fromEntries(
        forwardingNames.map((name) => [
          name,
          name === 'Forwarded' ? 'for=10.9.8.1;host=evil' : '10.9.8.1',
        ]),
      )
      const refused = await stack.send(path, { key: away.key, headers })
      expect(refused.status).toBe(403)
      expect(app.seen).toEqual([])
      await waitUntil(() => decisionsOn(refused, stack).length > 0, {
        ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
      })
      expect(decisionsOn(refused, stack)).toMatchObject([
        { clientAddress: '127.0.0.1', reason: 'address-not-allowed' },
      ])
    })
  })

  it.each([
    ['/api/chat', 'GET'],
    ['/chat/api/chat', 'GET'],
    ['/api/delete', 'GET'],
    ['/chat/api/delete', 'HEAD'],
  ])('no override of the method opens %s', async (path, method) => {
    const overrides = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method']
    const headers = Object.fromEntries(overrides.map((name) => [name, method]))
    const json = { model: 'demo' }
    const sent = path.includes('delete') ? 'DELETE' : 'POST'
    const answer = await stack.send(path, { method: sent, key: ada.key, headers, json })
    expect(answer.status).toBe(403)
    expect(app.seen).toEqual([])
  })

  it.each(points)('%s: no rewritten URL changes what is decided on', async (_point, path) => {
    for (const url of ['/health', '/tts/x', '/', 'https://localhost/health']) {
      const headers = Object.fromEntries(
        ['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI', 'X-Forwarded-Uri', 'X-Forwarded-Path']
          .concat(['X-Gatekeeper-Uri', 'X-Gatekeeper.Uri', 'X_Gatekeeper_Uri'])
          .map((name) => [name, url]),
      )
      expect((await stack.send(path, { headers })).status).toBe(401)
      expect((await stack.send(path, { key: speaker.key, headers })).status).toBe(403)
    }
    expect(app.seen).toEqual([])
  })

  describe.each(points)('%s: a Connection field', (_point, path) => {
    it.each(
      names.concat(['X-Request-Id', 'Host', 'Connection', 'Content-Length', 'X-Forwarded-For']),
    )('that names %s removes nothing that we say', async (name) => {
      const { folded } = await reach(path, [`Connection: ${name}, ${name.toLowerCase()}`])
      for (const [field, value] of Object.entries(identity)) {
        expect([field, folded.get(field)]).toEqual([field, [value]])
      }
    })

    it.each(['Authorization', 'X-Api-Key', 'Api-Key', 'X-Goog-Api-Key', 'Sec-WebSocket-Protocol'])(
      'that names %s hides no second credential, and lets none reach the application',
      async (name) => {
        const value = (text: string) =>
          name === 'Sec-WebSocket-Protocol' ? `openai-insecure-api-key.${text}` : text
        const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', `Connection: ${name}`]
        const alone = await exchange(
          await openTls(stack),
          lines(...head, `${name}: ${value('gk_bad')}`),
        )
        expect(readAnswer(alone).status).toBe(401)
        const beside = name === 'X-Api-Key' ? 'Api-Key' : 'X-Api-Key'
        const both = [`${name}: ${value(speaker.key)}`, `${beside}: ${ada.key}`]
        await exchange(await openTls(stack), lines(...head, ...both))
        expect(app.seen.flatMap(({ rawHeaders }) => rawHeaders).join('\n')).not.toContain('gk_')
      },
    )
  })
})
