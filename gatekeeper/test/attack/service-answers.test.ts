import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada', services: ['app', 'based', 'whole', 'ollama'] })

/** Ways to write a cookie of ours, or one that looks like ours. */
const spellings = [
  ...[
    '__Host-gk=x',
    '__host-gk=x',
    '__HOST-GK=x',
    '__Host-gkSession=x',
    '__Host-gk-s=x',
    '__Host-gk.a=x',
  ],
  ...[
    ' __Host-gk=x',
    '\t__Host-gk=x',
    '  \t __Host-gk=x',
    '__Host-gk =x',
    '__Host-gk\t=x',
    ' __hOsT-gK = x',
  ],
  ...['__Host-gk', '__Host-gk;', '"__Host-gk"=x', ',__Host-gk=x', '(__Host-gk=x', '@__Host-gk=x'],
  ...[
    '=__Host-gk=x',
    ' =__Host-gk=x',
    '=x',
    '=',
    ' = ',
    'x',
    ' x ',
    '; __Host-gk=x',
    ';',
    '; Path=/',
    '__Host-gk=; Max-Age=0',
  ],
  ...[
    '__Host-gk=x; Secure; Path=/; HttpOnly',
    '__Host-gk==',
    '\u00a0__Host-gk=x',
    '__Ho\u017ft-gk=x',
    '__Host-g\u212a=x',
  ],
]

describe.skipIf(testCaddy === null)('fields between a client and a service behind a check', () => {
  let stack: Stack
  let app: FaultyUpstream
  let port: string
  beforeAll(async () => {
    app = await startFaultyUpstream()
    ;({ port } = new URL(app.url))
    const config = `version: 1
services:
  ollama: {kind: ollama, upstream: {url: "${app.url}/base"}, routes: [{prefix: /ollama, strip: true}]}
  app: {kind: http, upstream: {url: "${app.url}"}, routes: [{prefix: /app, strip: true}]}
  based: {kind: http, upstream: {url: "${app.url}/base/"}, routes: [{prefix: /based, strip: true}]}
  whole: {kind: http, upstream: {url: "${app.url}"}, routes: [{prefix: /whole}]}
`
    stack = await startStack({ keys: [ada], config })
  })
  afterEach(() => app.reset())
  afterAll(async () => {
    await stack?.stop()
    await app?.close()
  })

  const answerWith = (fields: Readonly<Record<string, string | string[]>>, status = 200) =>
    app.behave({ answer: (response) => response.writeHead(status, { ...fields }).end() })
  const get = (path: string, headers = {}) => stack.send(path, { key: ada.key, headers })
  async function heard(path: string, headers: Record<string, string>) {
    app.behave({ echo: true })
    const echo = JSON.parse((await get(path, headers)).text) as {
      url: string
      headers: Record<string, string[]>
    }
    return echo
  }

  describe('Set-Cookie', () => {
    it.each(spellings)('%j is not set', async (spelling) => {
      answerWith({
        'set-cookie': [Buffer.from(spelling).toString('latin1'), 'own=1; Path=/'],
      })
      const { headers } = await get('/app/x')
      const cookies = [headers['set-cookie'] ?? []].flat().filter((cookie) => cookie.trim() !== '')
      expect(cookies).toEqual(['own=1; Path=/app/'])
    })

    it.each([
      ['sid=a; Path=/', 'sid=a; Path=/app/'],
      ['sid=a; path=/x; HttpOnly', 'sid=a; path=/app/x; HttpOnly'],
      ['sid=a; Path=/app', 'sid=a; Path=/app/'],
      ['sid=a; Path=/app/x', 'sid=a; Path=/app/x'],
      ['sid=a', 'sid=a'],
      ['sid=a; Domain=example.com; Secure', 'sid=a; Secure'],
      ['sid=a; domain = .localhost', 'sid=a'],
      ['sid=; Path=/; Max-Age=0', 'sid=; Path=/app/; Max-Age=0'],
      ['_streamlit_xsrf=2|a|b|1; Path=/', '_streamlit_xsrf=2|a|b|1; Path=/app/'],
      ['a__Host-gk=1', 'a__Host-gk=1'],
      ['host-gk=1', 'host-gk=1'],
      ['gk=__Host-gk', 'gk=__Host-gk'],
    ])('%j passes as %j', async (cookie, expected) => {
      answerWith({ 'set-cookie': cookie })
      expect((await get('/app/x')).headers['set-cookie']).toBe(expected)
    })

    it('keeps its path if the service sees the whole path', async () => {
      answerWith({ 'set-cookie': 'sid=a; Path=/' })
      expect((await get('/whole/x')).headers['set-cookie']).toBe('sid=a; Path=/')
    })
  })

  describe('Cookie', () => {
    it.each([
      ['_streamlit_xsrf=T', '_streamlit_xsrf=T'],
      ['a=1; b=2', 'a=1; b=2'],
      ['a=1; __Host-gk-s=secret; b=2', 'a=1; b=2'],
      ['__Host-gk-s=secret; a=1', 'a=1'],
      ['a=1;__HOST-GKx=secret', 'a=1'],
      ['a=1; \t__host-gk=secret;;b=2', 'a=1;;b=2'],
      ['__Host-gk=secret', ''],
      ['__Host-gk=secret; __Host-gk2=secret', ''],
      ['__Host-gk =secret', ''],
      ['a=1; __Host-gk', 'a=1'],
      ['a=__Host-gk', 'a=__Host-gk'],
    ])('%j arrives as %j', async (cookie, expected) => {
      const { headers } = await heard('/app/x', { cookie })
      expect((headers['cookie'] ?? []).join()).toBe(expected)
    })

    it('in several fields: each is read', async () => {
      app.behave({ echo: true })
      const request = ['GET /app/x HTTP/1.1', 'Host: localhost', `X-Api-Key: ${ada.key}`]
      const cookies = ['Cookie: a=1', 'Cookie: __Host-gk=secret', 'Cookie: b=2; __host-gk=secret']
      const answer = await exchange(await openTls(stack), lines(...request, ...cookies))
      expect(answer).toContain('a=1')
      expect(answer).toContain('b=2')
      expect(answer).not.toContain('secret')
    })

    it('no key of ours reaches a service in one, and none is accepted as a credential', async () => {
      const { headers } = await heard('/app/x', { cookie: `a=1; key=${ada.key}; b=2` })
      expect(headers['cookie']).toEqual(['a=1; b=2'])
      const answer = await stack.send('/app/x', { headers: { cookie: `key=${ada.key}` } })
      expect(answer.status).toBe(401)
    })

    it('does not pass on relayed routes, in either direction', async () => {
      app.behave({ echo: true })
      const { text } = await get('/ollama/api/tags', { cookie: 'a=1' })
      expect(text).not.toContain('a=1')
      answerWith({ 'set-cookie': 'sid=a', 'content-type': 'application/json' })
      expect((await get('/ollama/api/tags')).headers['set-cookie']).toBeUndefined()
    })
  })

  describe('Location', () => {
    const below = () =>
      [
        [`http://127.0.0.1:${port}/web/`, '/app/web/'],
        [`https://127.0.0.1:${port}/web/`, '/app/web/'],
        [`//127.0.0.1:${port}/web?a=1`, '/app/web?a=1'],
        [`http://LOCALHOST:${port}/web`, '/app/web'],
        [`http://127.0.0.1:${port}`, '/app/'],
        [`http://127.0.0.1:${port}?a=/b`, '/app/?a=/b'],
        ['http://127.0.0.1/web', '/app/web'],
        ['http://[::1]:1/web', '/app/web'],
        ['http://0.0.0.0:7860/web', '/app/web'],
        [`http://user:pw@127.0.0.1:${port}/web`, '/app/web'],
        [`http:\\\\127.0.0.1:${port}\\web`, '/app/web'],
        [`http://127.0.0.1:${port}//evil.example/`, '/app/evil.example/'],
        [`http://127.0.0.1:${port}/\t/evil.example/`, '/app/evil.example/'],
        ['/app//evil.example/', '/app/evil.example/'],
        ['/app/\\evil.example/', '/app/evil.example/'],
        [`https://localhost:${stack.httpsPort}/web/`, '/app/web/'],
        [`https://localhost:${stack.httpsPort}/app/web/`, '/app/web/'],
        ['/web/', '/app/web/'],
        ['/', '/app/'],
        ['/app/web/', '/app/web/'],
        ['/app', '/app/'],
        ['/app?a', '/app/?a'],
        ['/apps', '/app/apps'],
        ['/web?next=http://127.0.0.1/', '/app/web?next=http://127.0.0.1/'],
        ['web/', 'web/'],
        ['../web', '../web'],
        ['?page=2', '?page=2'],
        ['#top', '#top'],
        ['https://login.example/x?r=/web', 'https://login.example/x?r=/web'],
        ['//login.example/x', '//login.example/x'],
        ['http://127.0.0.1.evil.example/x', 'http://127.0.0.1.evil.example/x'],
      ] as const

    it('is put back below the prefix, and the inner address is not revealed', async () => {
      for (const [said, expected] of below()) {
        for (const field of ['location', 'content-location']) {
          answerWith({ [field]: said }, 307)
          const { headers } = await get('/app/web')
          expect({ said, field, got: headers[field] }).toEqual({ said, field, got: expected })
        }
      }
    })

    it('knows the path in the address of the service', async () => {
      for (const [said, expected] of [
        ['/base/web/', '/based/web/'],
        ['/base', '/based/'],
        [`${app.url}/base/web`, '/based/web'],
        ['/based/web', '/based/web'],
      ] as const) {
        answerWith({ location: said }, 307)
        expect((await get('/based/web')).headers['location']).toBe(expected)
      }
      expect((await heard('/based/a%20b?x=1', {})).url).toBe('/base/a%20b?x=1')
    })

    it('of a service that sees the whole path loses only the inner address', async () => {
      answerWith({ location: `${app.url}/whole/web/` }, 307)
      expect((await get('/whole/web')).headers['location']).toBe('/whole/web/')
    })
  })

  it('X-Forwarded-Prefix is set by us only', async () => {
    const headers = {
      'x-forwarded-prefix': '/evil',
      x_forwarded_prefix: '/evil',
      'x-forwarded-host': 'evil',
    }
    const stripped = await heard('/app/x', headers)
    expect(stripped.headers['x-forwarded-prefix']).toEqual(['/app'])
    const whole = await heard('/whole/x', headers)
    expect(JSON.stringify([stripped, whole])).not.toContain('evil')
    expect(whole.headers['x-forwarded-prefix']).toBeUndefined()
  })

  it('nothing acts on the browser for all services of this name', async () => {
    answerWith({
      'service-worker-allowed': '/',
      'clear-site-data': '"*"',
      'strict-transport-security': 'max-age=1',
      refresh: '0; url=https://evil.example/',
    })
    const { headers } = await get('/app/x')
    const names = ['service-worker-allowed', 'clear-site-data', 'strict-transport-security']
    for (const name of names) expect(headers[name]).toBeUndefined()
    expect(headers['refresh'] ?? '').toBe('')
  })

  it.each([
    ['5', '5'],
    ['5; url=/web', '5; url=/app/web'],
    ['5;URL=/app/web', '5;URL=/app/web'],
    ['0;url=//evil.example', ''],
    ['0; /\\evil.example', ''],
    ["0, url='javascript:x'", ''],
  ])('Refresh %j passes as %j', async (said, expected) => {
    answerWith({ refresh: said })
    expect((await get('/app/x')).headers['refresh'] ?? '').toBe(expected)
  })
})

describe.skipIf(testCaddy === null)('a Caddyfile from before blocks were generated', () => {
  it('still works: hand-written blocks serve as before', async () => {
    const app = await startFaultyUpstream()
    const path = `${import.meta.dirname}/../support/caddyfiles/before-generated-blocks.Caddyfile`
    const bob = makeKey({ services: ['tts', 'ollama'] })
    const stack = await startStack({
      keys: [bob],
      caddyfile: () => readFileSync(path, 'utf8'),
      env: { TTS_URL: `${app.url}/` },
    })
    try {
      app.behave({ status: 200, body: 'spoken' })
      expect((await stack.send('/tts/x', { key: bob.key })).text).toBe('spoken')
      expect((await stack.send('/tts/x')).status).toBe(401)
      expect((await stack.send('/api/version', { key: bob.key })).status).toBe(200)
    } finally {
      await stack.stop()
      await app.close()
    }
  })

  it('a block of your own replaces the generated one of the same prefix', async () => {
    const [own, generated] = [await startFaultyUpstream(), await startFaultyUpstream()]
    const bob = makeKey({ services: ['tts'] })
    const block = (form: string) =>
      `${form} {\n route {\n import gate tts\n reverse_proxy ${own.url} {\n import admitted\n}\n}\n}\n`
    for (const form of ['handle_path /tts/*', '@mine path /tts/* /speech/*\nhandle @mine']) {
      const stack = await startStack({
        keys: [bob],
        env: { TTS_URL: generated.url },
        caddyfile: (text) =>
          text.replace('\t# ---- everything else', `${block(form)}\t# ---- everything else`),
      })
      try {
        own.behave({ status: 200, body: 'own' })
        expect((await stack.send('/tts/x', { key: bob.key })).text).toBe('own')
        expect(generated.requests).toBe(0)
      } finally {
        await stack.stop()
      }
    }
    await Promise.all([own.close(), generated.close()])
  })
})
