/**
 * Long and many fields, and targets and hosts in every odd form: refused with 4xx by Caddy or in
 * the caller's dialect, without moving a counter, and the next connection works as before.
 */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { exchangeUnix } from '../support/raw.ts'
import { testCaddy } from '../support/stack.ts'
import { admin, type Battlefield, mallory, openBattlefield, points } from './support/field.ts'
import { openHttp2, request as requestHttp2 } from './support/http2.ts'

const key = `Authorization: Bearer ${mallory.key}`
const rawOf = (line: string, ...fields: string[]) => `${[line, ...fields].join('\r\n')}\r\n\r\n`
const many = (count: number) => Array.from({ length: count }, (_, at) => `A${at}: `)

describe.skipIf(testCaddy === null)('heads', () => {
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
  const statusOf = async (bytes: string) => {
    const { answers } = await field.attack(bytes, { isSettled: (text) => text !== '' })
    expect(answers.length).toBe(1)
    return answers[0]?.status as number
  }
  const expectRefused = async (bytes: string) => {
    const { answers, text } = await field.attack(bytes, { isSettled: (got) => got !== '' })
    expect(answers.length, text).toBe(1)
    const [answer] = answers
    expect(answer?.status, text).toBeGreaterThanOrEqual(400)
    expect(answer?.status, text).toBeLessThan(500)
    expect(moved()).toBe(0)
  }

  describe.each(points)('long and many, at the $point', ({ point, prefix }) => {
    const line = `GET ${prefix}/api/version HTTP/1.1`
    const host = 'Host: localhost'

    it.each([
      ['one field of 100 kB', [`X-Long: ${'a'.repeat(100_000)}`]],
      ['a credential of 100 kB', [`X-Api-Key: ${'a'.repeat(100_000)}`]],
      ['a name of 100 kB', [`${'X'.repeat(100_000)}: a`]],
      ['40 fields of 1 kB', Array.from({ length: 40 }, (_, at) => `A${at}: ${'a'.repeat(1_000)}`)],
      ['5,000 fields', many(5_000)],
      ['20,000 fields', many(20_000)],
    ])('%s: 431', async (_name, fields) => {
      expect(await statusOf(rawOf(line, host, key, ...fields))).toBe(431)
      expect(moved()).toBe(0)
    })

    it('a path of 100 kB: 414 or 431', async () => {
      const long = `GET ${prefix}/${'a'.repeat(100_000)} HTTP/1.1`
      expect([414, 431]).toContain(await statusOf(rawOf(long, host, key)))
      expect(moved()).toBe(0)
    })

    it.each([
      ['path', (size: number) => rawOf(`GET ${prefix}/${'a'.repeat(size)} HTTP/1.1`, host, key)],
      [
        'query',
        (size: number) => rawOf(`GET ${prefix}/api/none?${'a'.repeat(size)} HTTP/1.1`, host, key),
      ],
      [
        'field',
        (size: number) => rawOf(`GET ${prefix}/none HTTP/1.1`, host, key, `X: ${'a'.repeat(size)}`),
      ],
      [
        'Upgrade',
        (size: number) =>
          rawOf(`GET ${prefix}/none HTTP/1.1`, host, key, `Upgrade: ${'a'.repeat(size)}`),
      ],
      [
        'Host',
        (size: number) => rawOf(`GET ${prefix}/none HTTP/1.1`, `Host: ${'a'.repeat(size)}`, key),
      ],
    ])('a %s of every size around the limits is 4xx and cuts nobody else', async (_name, build) => {
      for (const size of [15_000, 24_000, 30_000, 32_000, 34_000, 36_000, 40_000]) {
        await expectRefused(build(size))
      }
    })

    it('many short fields of every number around the limits are 4xx or served', async () => {
      for (const count of [1_000, 2_001, 3_000, 3_500, 4_000, 4_500]) {
        const status = await statusOf(rawOf(line, host, key, ...many(count)))
        expect([200, 431]).toContain(status)
      }
    })

    // Newer Caddys take some hundred fields at most, older ones as many as fit into 32 KB.
    it.each(['X-Api-Key', 'Authorization', 'x-goog-api-key', 'API-KEY'])(
      'a second credential behind any number of fields is seen: %s',
      async (name) => {
        for (const count of [100, 400, 2_001, 2_500]) {
          const fields = [...many(count), `${name}: ${admin.key}`]
          const status = await statusOf(rawOf(line, host, key, ...fields))
          expect(count > 400 ? [400, 431] : [400]).toContain(status)
        }
        expect(moved()).toBe(0)
      },
    )

    it('the only credential behind many fields is seen, and a bad one is refused', async () => {
      expect(await statusOf(rawOf(line, host, ...many(400), key))).toBe(200)
      const bad = rawOf(line, host, ...many(400), 'X-Api-Key: gk_nothing')
      expect(await statusOf(bad)).toBe(401)
      expect(moved()).toBe(1)
    })

    it('past Caddy the listener itself sees the last of 4,000 fields', async () => {
      const { stateDir } = field.stack
      const snippet = readFileSync(`${stateDir}/caddy/secrets.caddy`, 'utf8')
      const edge = /X-Gatekeeper-Edge "?([^"\s]+)/i.exec(snippet)?.[1]
      const stated = ['Edge', 'Method', 'Uri', 'Host', 'Client-Address', 'Request-Id', 'Protocol']
      // Not an endpoint of the upstream, whose own limit on heads is lower.
      const path = point === 'check' ? `${prefix}/api/tags` : '/status'
      const values = [edge, 'GET', path, 'localhost', '127.0.0.1', 'test', 'HTTP/1.1']
      const target = point === 'check' ? '/check/ollama' : path
      const ask = (...fields: string[]) =>
        exchangeUnix(
          `${stateDir}/run/${point}.sock`,
          rawOf(
            `GET ${target} HTTP/1.1`,
            ...['Host: localhost', 'Connection: close'],
            ...stated.map((name, at) => `X-Gatekeeper-${name}: ${values[at]}`),
            ...fields,
          ),
        )
      expect(await ask(...many(4_000), key)).toMatch(/^HTTP\/1\.1 200 /)
      expect(await ask(key, ...many(4_000), `X-Api-Key: ${admin.key}`)).toMatch(/^HTTP\/1\.1 400 /)
    })

    it('over HTTP/2 too much is refused, and the next connection served', async () => {
      const session = await openHttp2(field.stack)
      const fields = { ':path': `${prefix}/api/tags`, 'x-long': 'a'.repeat(50_000) }
      const authorization = `Bearer ${mallory.key}`
      const { status } = await requestHttp2(session, { ...fields, authorization })
      session.destroy()
      expect(status === null || status === 431).toBe(true)
      expect(moved()).toBe(0)
    })
  })

  describe('targets that are not in origin form', () => {
    const target = '/ollama/api/tags'
    const checked = '/chat/api/tags'
    it.each([
      ...[`http://evil.example${target}`, `https://evil.example${checked}`, 'http://evil.example'],
      ...[`https://localhost${target}`, `https://localhost${checked}`, `http://localhost${target}`],
      ...[`ftp://localhost${target}`, `HTTP://LOCALHOST${checked}`, `http:${target}`],
      ...[`http://user:pass@localhost${target}`, `http://localhost@evil.example${checked}`],
      ...[`http://localhost:99999${target}`, `http:///${target}`, `//localhost${target}`],
      ...[`//evil.example${checked}`, '*', 'localhost:443', 'ollama/api/tags', '?', '?/chat/api'],
      ...['', '.', '..', '#', '\\ollama\\api\\tags', 'javascript:alert(1)', 'file:///etc/passwd'],
    ])('%j is refused', async (form) => {
      for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD']) {
        for (const host of ['localhost', 'evil.example']) {
          const bytes = rawOf(`${method} ${form} HTTP/1.1`, `Host: ${host}`, key)
          const { answers } = await field
            .attack(bytes, {
              ...{ isHead: method === 'HEAD', isSettled: (text) => text !== '' },
            })
            .catch(() => field.attack(bytes, { isSettled: (text) => text !== '' }))
          const [answer] = answers
          // Go's server itself answers `OPTIONS *`, without content, for any client.
          const isPing = method === 'OPTIONS' && form === '*' && answer?.body === ''
          const isRefused = isPing || ((answer?.status ?? 0) >= 400 && (answer?.status ?? 0) < 500)
          expect({ method, host, form, status: answer?.status, isRefused }).toMatchObject({
            isRefused: true,
          })
        }
      }
      expect(moved()).toBe(0)
    })
  })

  describe.each(points)('odd hosts at the $point', ({ prefix }) => {
    const line = `GET ${prefix}/api/tags HTTP/1.1`

    it.each([
      ...[
        '',
        ':',
        ':443',
        'evil.example',
        'localhost.evil.example',
        'evil.example:443',
        '127.0.0.1',
      ],
      ...['[::1]', '[::1]:443', '[::1%25lo]', 'localhost, evil.example', 'evil.example, localhost'],
      ...['user@localhost', 'localhost@evil.example', 'local host', 'localhost/x', 'localhost#x'],
      ...['localhost?x', 'localhost\\x', 'localhost\0', 'localhost\x7f', 'l\xf6calhost', '*', '0'],
      ...['localhost:99999', 'localhost:x', 'localhost:-1', 'localhost:443:443', 'xn--localhost-'],
      ...['.localhost', 'localhost..', '%6cocalhost', 'localhost%00', "localhost'", 'localhost;x'],
    ])('Host %j reaches nothing without a key, and no other server with one', async (host) => {
      const refused = await statusOf(rawOf(line, `Host: ${host}`))
      expect({ host, isRefused: refused >= 400 && refused < 500, refused }).toMatchObject({
        isRefused: true,
      })
      expect(moved()).toBe(0)
      const { answers } = await field.attack(rawOf(line, `Host: ${host}`, key), {
        isSettled: (text) => text !== '',
      })
      const [answer] = answers
      expect({ host, isOurs: answer?.status !== 200 || moved() === 1 }).toEqual({
        ...{ host, isOurs: true },
      })
    })

    it.each(['LOCALHOST', 'localhost:443', 'localhost.', 'Localhost:8443'])(
      'Host %s is our own: keyless it is refused like any other',
      async (host) => {
        expect([401, 404, 421]).toContain(await statusOf(rawOf(line, `Host: ${host}`)))
        expect(moved()).toBe(0)
      },
    )

    it.each([
      ['two of them', ['Host: localhost', 'Host: localhost']],
      ['a foreign one above', ['Host: evil.example', 'Host: localhost']],
      ['a foreign one below', ['Host: localhost', 'Host: evil.example']],
      ['none', []],
      ['only X-Forwarded-Host', ['X-Forwarded-Host: localhost']],
      ['a space before the colon', ['Host : localhost']],
      ['a fold', ['Host: localhost', ' .evil.example']],
    ])('Host: %s is refused', async (_name, fields) => {
      await expectRefused(rawOf(line, ...fields, key))
    })
  })

  describe('routes in other spellings', () => {
    const spellings = ['/ollama/api/tags', '/chat/api/tags', '/tts/x', '/image/ws'].flatMap(
      (path) => {
        const [, first = '', ...rest] = path.split('/')
        const tail = rest.join('/')
        const encoded = `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`
        return [
          ...[`/${path}`, `//${first}//${tail}`, `/${first}//${tail}`, `/./${first}/${tail}`],
          ...[`/x/../${first}/${tail}`, `/${first}/./${tail}`, `/${first}/../${first}/${tail}`],
          ...[`/${first.toUpperCase()}/${tail}`, `/${encoded}/${tail}`, `/${first}%2f${tail}`],
          ...[`/${first}/%2e/${tail}`, `/${first};x/${tail}`, `/${first}/;x/${tail}`],
          ...[
            `/${first}\\${tail}`,
            `/${first}./${tail}`,
            `/${first}/${tail}#x`,
            `/${first}%20/${tail}`,
          ],
          ...[`/${first}/${tail}%00`, `/${first}/${tail}%23`, `/${first}/${tail}\xe9`],
          ...[`/${first}/${tail}\x01`, `/${first}/${tail}\x7f`, `/${first}/${tail}|x`],
          ...[`/${first}/${tail}%`, `/${first}/${tail}%zz`, `/${first}/${tail}%c0%af..`],
          ...[
            `/${first}/..;/${first}/${tail}`,
            `/%2f${first}/${tail}`,
            `/${first}/%252e%252e/${tail}`,
          ],
        ]
      },
    )

    it.each(spellings)('%j is refused', async (path) => {
      await expectRefused(rawOf(`GET ${path} HTTP/1.1`, 'Host: localhost', key))
    })

    it.each(['/ollama/api/tags/', '/chat/api/tags/', '/ollama/api/tags.', '/chat/api/tags.'])(
      '%s is not the endpoint without its last character',
      async (path) => {
        await expectRefused(rawOf(`GET ${path} HTTP/1.1`, 'Host: localhost', key))
      },
    )

    it('over HTTP/2 the same spellings are refused', { timeout: 60_000 }, async () => {
      const session = await openHttp2(field.stack)
      for (const path of spellings) {
        const fields = { ':path': path, authorization: `Bearer ${mallory.key}` }
        const { status } = await requestHttp2(session, fields)
        const isRefused = status === null || (status >= 400 && status < 500)
        expect({ path, status, isRefused }).toMatchObject({ isRefused: true })
      }
      session.destroy()
      expect(moved()).toBe(0)
    })
  })
})
