/**
 * Methods, lengths and expectations: unlisted ones are refused at both points, the counter of
 * the upstream does not move, and neither the connection nor the next client is affected.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import { countAnswers } from './support/answers.ts'
import {
  type Battlefield,
  mallory,
  openBattlefield,
  points,
  reader,
  type Told,
} from './support/field.ts'
import { openHttp2, request as requestHttp2 } from './support/http2.ts'

const keyOf = (key: string) => `Authorization: Bearer ${key}`
const rawOf = (line: string, ...fields: string[]) =>
  `${[line, 'Host: localhost', ...fields].join('\r\n')}\r\n\r\n`

/** Tokens that a table must not find; several are methods that exist elsewhere. */
const tokens = [
  ...['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'POST', 'PROPFIND', 'MKCOL', 'PURGE'],
  ...['QUERY', 'SEARCH', 'M-SEARCH', 'LOCK', 'LINK', 'REPORT'],
]
const inventions = [
  ...['get', 'Get', 'gET', 'head', 'FOO', 'GETX', 'GET|HEAD', 'G!T', '*', '$GET', "GET'"],
  ...['`GET`', '#', '%47ET', '^', '~', '__proto__', 'constructor', 'undefined', 'TRACK', 'DEBUG'],
]
const noTokens = [
  ...['G{T', '(GET)', 'GET:', 'G"T"', 'G@T', 'G/T', 'G\\T', 'GET,POST', 'G\0T', 'G\x7fT'],
  ...['G\xc9T', 'GET\t', '<GET>', '[GET]', 'G;T', 'G=T', 'G?T'],
]

describe.skipIf(testCaddy === null)('methods', () => {
  let field: Battlefield
  let before = 0
  beforeAll(async () => {
    field = await openBattlefield()
  })
  beforeEach(() => {
    before = field.counted()
  })
  afterEach(async () => {
    for (const { prefix, point } of points) {
      const { status, told } = await field.askHonestly(prefix, `honest-${point}`)
      expect({ status, user: told.user }).toEqual({ status: 200, user: 'victim' })
    }
  })
  afterAll(() => field?.stop())

  const moved = () => field.counted() - before
  /** The attack and, on the same connection, an honest GET: its answer, unless Caddy closed. */
  const attackAndGoOn = async (bytes: string, prefix: string, isHead = false) => {
    const next = rawOf(`GET ${prefix}/api/version?next HTTP/1.1`, keyOf(mallory.key))
    const isSettled = (text: string) => countAnswers(text, isHead) >= 2
    const { answers, isClosed } = await field.attack(bytes + next, { isHead, isSettled })
    const [first, second] = answers
    const isHealthy = second ? second.status === 200 : isClosed
    return { first, isHealthy, wasNextServed: second?.status === 200 }
  }

  describe.each(points)('at the $point', ({ prefix }) => {
    const path = `${prefix}/api/tags`

    it.each(tokens)('an unlisted %s is 404 with a key', async (name) => {
      const bytes = rawOf(`${name} ${path} HTTP/1.1`, keyOf(mallory.key))
      const { first, isHealthy, wasNextServed } = await attackAndGoOn(bytes, prefix)
      expect({ status: first?.status, isHealthy }).toEqual({ status: 404, isHealthy: true })
      expect(JSON.parse(first?.body ?? '')).toHaveProperty('error')
      expect(moved()).toBe(wasNextServed ? 1 : 0)
    })

    it.each(tokens)('an unlisted %s is 401 without', async (name) => {
      const bytes = rawOf(`${name} ${path} HTTP/1.1`)
      const { first, isHealthy, wasNextServed } = await attackAndGoOn(bytes, prefix)
      expect({ status: first?.status, isHealthy }).toEqual({ status: 401, isHealthy: true })
      expect(moved()).toBe(wasNextServed ? 1 : 0)
    })

    // Node's parser has a list of methods; others may be refused as malformed.
    it.each(inventions)('an invented %s is refused in the dialect', async (name) => {
      let served = 0
      for (const [key, status] of [
        [mallory.key, 404],
        ['gk_nothing', 401],
      ] as const) {
        const bytes = rawOf(`${name} ${path} HTTP/1.1`, keyOf(key))
        const { first, isHealthy, wasNextServed } = await attackAndGoOn(bytes, prefix)
        expect([400, status]).toContain(first?.status)
        expect(isHealthy).toBe(true)
        expect(JSON.parse(first?.body || '""')).toHaveProperty('error')
        served += wasNextServed ? 1 : 0
      }
      expect(moved()).toBe(served)
    })

    it('a method of 500 letters is refused', async () => {
      const bytes = rawOf(`${'X'.repeat(500)} ${path} HTTP/1.1`, keyOf(mallory.key))
      const { first, wasNextServed } = await attackAndGoOn(bytes, prefix)
      expect([400, 404, 405]).toContain(first?.status)
      expect(moved()).toBe(wasNextServed ? 1 : 0)
    })

    it.each(noTokens)('%j is not a method: 400, and nothing after it is read', async (name) => {
      const bytes = rawOf(`${name} ${path} HTTP/1.1`, keyOf(mallory.key))
      const { answers, isClosed } = await field.attack(bytes + bytes)
      expect({ statuses: answers.map(({ status }) => status), isClosed }).toEqual({
        ...{ statuses: [400], isClosed: true },
      })
      expect(moved()).toBe(0)
    })

    it('a HEAD is the GET without content, refused or not', async () => {
      for (const [key, status] of [
        [mallory.key, 200],
        ['gk_nothing', 401],
      ] as const) {
        const bytes = rawOf(`HEAD ${path} HTTP/1.1`, keyOf(key), 'Connection: close')
        const { answers, text } = await field.attack(bytes, { isHead: true })
        expect(answers.map((answer) => answer.status)).toEqual([status])
        expect(text.endsWith('\r\n\r\n')).toBe(true)
      }
      expect(moved()).toBe(1)
    })

    it.each([
      ['CONNECT localhost:443', 'localhost:443'],
      ['CONNECT localhost', 'localhost'],
      ['CONNECT 127.0.0.1:1', 'localhost'],
      ['CONNECT evil.example:80', 'evil.example:80'],
      [`CONNECT ${path}`, 'localhost'],
      ['CONNECT *', 'localhost'],
    ])('%s with Host %s opens no tunnel', async (line, host) => {
      for (const key of [mallory.key, 'gk_nothing']) {
        const bytes = `${line} HTTP/1.1\r\nHost: ${host}\r\n${keyOf(key)}\r\n\r\n`
        const { answers } = await field.attack(bytes)
        expect(answers.length).toBe(1)
        expect(answers[0]?.status).toBeGreaterThanOrEqual(400)
      }
      expect(moved()).toBe(0)
    })

    it('over HTTP/2 a CONNECT opens no tunnel, with or without a protocol', async () => {
      const session = await openHttp2(field.stack)
      const authority = `localhost:${field.stack.httpsPort}`
      const connect = { ':method': 'CONNECT', ':authority': authority }
      const authorization = `Bearer ${mallory.key}`
      for (const fields of [
        { ...connect, authorization },
        { ...connect },
        ...['websocket', 'h2c', 'connect-udp', 'WebSocket'].flatMap((protocol) => [
          { ...connect, ':protocol': protocol, ':scheme': 'https', ':path': path, authorization },
          { ...connect, ':protocol': protocol, ':scheme': 'https', ':path': path },
        ]),
      ]) {
        const { status } = await requestHttp2(session, fields).catch(() => ({ status: null }))
        expect({ fields, isRefused: status === null || status >= 400 }).toMatchObject({
          isRefused: true,
        })
      }
      session.destroy()
      expect(moved()).toBe(0)
    })

    it.each(['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'DELETE'])(
      'over HTTP/2 %s without a key is 401',
      async (method) => {
        const session = await openHttp2(field.stack)
        const { status } = await requestHttp2(session, { ':method': method, ':path': path })
        session.destroy()
        expect(method === 'get' ? [400, 401] : [401]).toContain(status)
        expect(moved()).toBe(0)
      },
    )

    it.each(['short', 'long'])('over HTTP/2 a length that is too %s is cut', async (kind) => {
      const session = await openHttp2(field.stack)
      const fields = {
        ...{ ':method': 'POST', ':path': `${prefix}/api/generate` },
        ...{ 'content-type': 'application/json', authorization: `Bearer ${mallory.key}` },
        'content-length': kind === 'short' ? '5' : '500',
      }
      const body = '{"model":"demo","prompt":"x"}'
      const { status } = await requestHttp2(session, fields, { body })
      session.destroy()
      expect(status === null || status >= 400).toBe(true)
      const whole = field.stack.upstream.received.filter(
        ({ url, isComplete }) => url.includes('generate') && isComplete,
      )
      expect(whole).toEqual([])
    })

    it.each([
      ...['-5', '+5', '0x5', '5, 6', '5,6', '5;', '5.0', '5e0', '5 5', 'five', '"5"', '0b101'],
      ...['5\r\nContent-Length: 6', '0\r\nContent-Length: 5', '99999999999999999999', '\xd9\xa5'],
    ])('a Content-Length of %j is refused whole', async (length) => {
      for (const name of ['GET', 'POST', 'HEAD', 'DELETE']) {
        const line = `${name} ${prefix}/api/version HTTP/1.1`
        const bytes = rawOf(line, keyOf(mallory.key), `Content-Length: ${length}`)
        const { answers, isClosed } = await field.attack(`${bytes}AAAAA`)
        const statuses = answers.map(({ status }) => status)
        expect({ name, statuses, isClosed }).toEqual({ name, statuses: [400], isClosed: true })
      }
      expect(moved()).toBe(0)
    })

    it('a body that is shorter or longer than it says never becomes another request', async () => {
      const json = '{"model":"demo","prompt":"x"}'
      const head = (length: number) =>
        rawOf(
          `POST ${prefix}/api/generate HTTP/1.1`,
          ...[keyOf(mallory.key), 'Content-Type: application/json'],
          `Content-Length: ${length}`,
        )
      const long = await field.attack(head(json.length + 100) + json)
      expect(long.answers.filter(({ status }) => status < 400)).toEqual([])
      const short = await field.attack(`${head(json.length - 5)}${json}\r\n\r\n`)
      expect(short.isClosed).toBe(true)
      expect(short.answers.at(-1)?.status).toBe(400)
    })
  })

  describe('bodies on methods without one', () => {
    const framings = [
      ['counted', 'Content-Length: 5\r\n\r\nAAAAA'],
      ['chunked', 'Transfer-Encoding: chunked\r\n\r\n5\r\nAAAAA\r\n0\r\n\r\n'],
    ] as const
    const cases = ['GET', 'HEAD'].flatMap((method) =>
      framings.map(([framing, rest]) => ({ method, framing, rest })),
    )

    it.each(cases)('a $framing one on a relayed $method is 400', async ({ method, rest }) => {
      const head = rawOf(`${method} /ollama/api/tags HTTP/1.1`, keyOf(mallory.key)).slice(0, -2)
      const isHead = method === 'HEAD'
      const next = rawOf(`${method} /ollama/api/version HTTP/1.1`, keyOf(mallory.key))
      const isSettled = (text: string) => countAnswers(text, isHead) >= 2
      const { answers, isClosed } = await field.attack(head + rest + next, { isHead, isSettled })
      expect(answers[0]?.status).toBe(400)
      expect(isClosed || answers[1]?.status === 200).toBe(true)
      expect(moved()).toBe(answers.length - 1)
    })

    it.each(cases)('a $framing one on a checked $method stays inside', async ({ method, rest }) => {
      const head = rawOf(`${method} /chat/api/tags HTTP/1.1`, keyOf(mallory.key)).slice(0, -2)
      const isHead = method === 'HEAD'
      const next = rawOf(`${method} /chat/api/version HTTP/1.1`, keyOf(mallory.key))
      const isSettled = (text: string) => countAnswers(text, isHead) >= 2
      const { answers } = await field.attack(head + rest + next, { isHead, isSettled })
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect(moved()).toBe(2)
    })

    it.each(framings)('a %s one on a DELETE that is refused stays inside', async (_name, rest) => {
      for (const { prefix } of points) {
        const line = `DELETE ${prefix}/api/delete HTTP/1.1`
        const head = rawOf(line, keyOf(mallory.key)).slice(0, -2)
        const { first, isHealthy } = await attackAndGoOn(head + rest, prefix)
        expect({ status: first?.status, isHealthy }).toEqual({ status: 403, isHealthy: true })
      }
      expect(field.stack.upstream.received.some(({ url }) => url.includes('delete'))).toBe(false)
    })
  })

  describe('an application without rows', () => {
    it.each(['OPTIONS', 'TRACE', 'PROPFIND', 'PUT', 'DELETE', 'get', 'post', 'GETX', 'FOO', '*'])(
      'accepts %s only from an admin',
      async (name) => {
        for (const [key, status] of [
          [mallory.key, 403],
          [reader.key, 403],
          ['gk_nothing', 401],
        ] as const) {
          const { answers } = await field.attack(rawOf(`${name} /tts/x HTTP/1.1`, keyOf(key)))
          expect(answers.map((answer) => answer.status)).toEqual([status])
        }
        expect(moved()).toBe(0)
      },
    )

    it.each(['/tts/x', '/image/x', '/image/ws'])(
      'a CONNECT of HTTP/1.1 to %s is neither a WebSocket nor a GET',
      async (path) => {
        for (const key of [mallory.key, reader.key, 'gk_nothing']) {
          const { answers } = await field.attack(rawOf(`CONNECT ${path} HTTP/1.1`, keyOf(key)))
          expect(answers.length).toBe(1)
          expect(answers[0]?.status).toBeGreaterThanOrEqual(400)
        }
        // The application's own parser may have dropped it, so the decision is checked too.
        const admitted = field.decisions.filter(
          ({ method, outcome }) => method === 'CONNECT' && outcome !== 'deny',
        )
        expect(admitted.map((line) => `${line.user} ${line.path}`)).toEqual([])
        expect(field.app.received.map(({ method, url }) => `${method} ${url}`)).toEqual([])
        expect(moved()).toBe(0)
      },
    )

    it('a CONNECT of HTTP/2 is a WebSocket on its row only, and a GET there', async () => {
      const session = await openHttp2(field.stack)
      const ask = (protocol: string, path: string, key: string) =>
        requestHttp2(session, {
          ...{ ':method': 'CONNECT', ':protocol': protocol, ':scheme': 'https', ':path': path },
          ...{ ':authority': 'localhost', authorization: `Bearer ${key}` },
          'sec-websocket-version': '13',
        }).catch(() => ({ status: null }))
      for (const [protocol, path, key] of [
        ['websocket', '/image/ws', 'gk_nothing'],
        ['websocket', '/image/x', mallory.key],
        ['websocket', '/tts/ws', mallory.key],
        ['connect-udp', '/image/ws', mallory.key],
        ['h2c', '/image/ws', mallory.key],
      ] as const) {
        const { status } = await ask(protocol, path, key)
        expect({ protocol, path, isRefused: status === null || status >= 400 }).toEqual({
          ...{ protocol, path, isRefused: true },
        })
      }
      expect(moved()).toBe(0)
      await ask('websocket', '/image/ws', reader.key)
      session.destroy()
      expect(field.app.received.every(({ method }) => method === 'GET')).toBe(true)
    })
  })

  describe.each(points)('expectations at the $point', ({ prefix }) => {
    const json = '{"model":"demo","prompt":"x"}'
    const head = (key: string, expectation: string, ...fields: string[]) =>
      rawOf(
        `POST ${prefix}/api/generate HTTP/1.1`,
        ...[keyOf(key), 'Content-Type: application/json', `Content-Length: ${json.length}`],
        ...[`Expect: ${expectation}`, ...fields],
      )

    it.each(['200-ok', 'x', '100', '100-continue;q=1', '100-continu'])(
      'Expect: %s reaches nothing',
      async (expectation) => {
        const { answers } = await field.attack(head(mallory.key, expectation) + json)
        expect(answers[0]?.status).toBe(417)
        expect(moved()).toBe(0)
      },
    )

    it.each(['100-continue', '100-Continue', '100-CONTINUE'])(
      'a refused client gets its 401 and no 100: %s',
      async (expectation) => {
        const waited = await field.attack(head('gk_nothing', expectation))
        expect(waited.text).toMatch(/^HTTP\/1\.1 401 /)
        expect(waited.answers.length).toBe(1)
        const next = rawOf(`GET ${prefix}/api/version HTTP/1.1`, keyOf(mallory.key))
        const pressed = await field.attack(head('gk_nothing', expectation) + json + next)
        expect(pressed.text).toMatch(/^HTTP\/1\.1 401 /)
        expect(pressed.isClosed || pressed.answers[1]?.status === 200).toBe(true)
        expect(moved()).toBe(pressed.answers.length - 1)
      },
    )

    it('an allowed client gets its 100, and its answer', async () => {
      const { text, answers } = await field.attack(head(mallory.key, '100-continue') + json)
      expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n/)
      expect(answers.map(({ status }) => status)).toEqual([200])
      expect((JSON.parse(answers[0]?.body ?? '') as Told).bodyBytes).toBe(json.length)
      expect(moved()).toBe(1)
    })

    it('a refused client that sends no more of its body still gets its 401', async () => {
      const bytes = rawOf(
        `POST ${prefix}/api/generate HTTP/1.1`,
        ...[keyOf('gk_nothing'), 'Content-Type: application/json', 'Content-Length: 1000'],
      )
      const isSettled = (text: string) => text !== ''
      const { answers } = await field.attack(`${bytes}{"model"`, { isSettled, limitMs: 10_000 })
      expect(answers.map(({ status }) => status)).toEqual([401])
      expect(moved()).toBe(0)
    })
  })
})
