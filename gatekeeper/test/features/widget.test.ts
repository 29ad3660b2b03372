/** The chat widget (contracts W1 to W5) through the real Caddy: who gets a token, and what it opens. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeKey } from '../support/keys.ts'
import { testCaddy } from '../support/stack.ts'
import {
  answerPlainly,
  configOf,
  hello,
  sendJson,
  shop,
  startWidget,
  usage,
  type WidgetStack,
} from './support/widget-stack.ts'

const ada = makeKey({ services: ['ollama', 'openai', 'widget'] })
const open = 'caps: {requestsPerWindow: off, newTokensPerMinute: off}'
const bodyOf = (text: string) => JSON.parse(text) as Record<string, unknown>

describe.skipIf(testCaddy === null)('the chat widget', () => {
  let widget: WidgetStack
  beforeAll(async () => {
    widget = await startWidget({ keys: [ada], config: configOf(open, 'prompt: "Be kind."') })
  })
  afterAll(() => widget?.stop())
  beforeEach(() => {
    widget.model.answer = answerPlainly
    widget.model.seen.length = 0
  })

  describe('a token (W1)', () => {
    it('is given to a listed page, and is not cached', async () => {
      const { status, text, headers } = await widget.stack.send('/widget/api/token', {
        headers: { origin: shop },
      })
      expect(status).toBe(200)
      expect(bodyOf(text)).toEqual({
        ...{ token: expect.any(String), expiresIn: '15m', tokenType: 'Bearer' },
      })
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['vary']).toContain('Origin')
      expect(headers['access-control-allow-origin']).toBe(shop)
    })

    it('comes with 201 from a POST, whose userId counts for nothing', async () => {
      const answer = await widget.stack.send('/widget/api/tokens', {
        ...{ headers: { origin: shop }, json: { userId: 'ada' } },
      })
      expect(answer.status).toBe(201)
      const [, claims = ''] = String(bodyOf(answer.text)['token']).split('.')
      const said = bodyOf(Buffer.from(claims, 'base64url').toString())
      expect(said['sub']).toMatch(/^[\w-]{22}$/)
      expect(said).toMatchObject({ origin: shop, aud: expect.stringMatching(/\/widget$/) })
      expect(Number(said['exp']) - Number(said['iat'])).toBe(900)
    })

    const own = { 'sec-fetch-site': 'same-origin' }
    it.each<[string, Record<string, string>, number]>([
      ['another page', { origin: 'https://evil.example' }, 403],
      ['a page of a sibling', { origin: 'https://a.shop.example' }, 403],
      ['the same name over http', { origin: 'http://shop.example' }, 403],
      ['a frame without an origin', { origin: 'null' }, 403],
      ['a program without an Origin', {}, 403],
      ['a cross-site GET without an Origin', { 'sec-fetch-site': 'cross-site' }, 403],
      ['a page of our own site', own, 200],
      ['a Referer of another page', { origin: shop, referer: 'https://evil.example/x' }, 403],
      ['a Referer of the page', { origin: shop, referer: `${shop}/x` }, 200],
    ])('%s: %o → %i', async (_, headers, expected) => {
      const { status, text } = await widget.stack.send('/widget/api/token', { headers })
      expect(status).toBe(expected)
      if (status === 403) {
        expect(bodyOf(text)).toEqual({
          ...{ error: 'Forbidden', message: expect.any(String), statusCode: 403 },
        })
      }
    })

    it('is asked for by a preflight of a listed page alone', async () => {
      const ask = (origin: string) =>
        widget.stack.send('/widget/api/tokens', {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        })
      expect((await ask(shop)).status).toBe(204)
      expect((await ask('https://evil.example')).status).toBe(403)
    })
  })

  describe('a chat (W3)', () => {
    it('is answered as JSON, with the prompt of the operator first', async () => {
      const { status, text, headers } = await widget.chat(await widget.tokenOf())
      expect([status, bodyOf(text)]).toEqual([
        200,
        {
          content: 'Hello there',
          usage: {
            total_tokens: 15,
            requests: { used: 1, remaining: 99, limit: 100, resetAt: expect.any(String) },
            tokens: {
              ...{ used: expect.closeTo(15, -1), remaining: expect.closeTo(99_985, -1) },
              ...{ limit: 100_000, resetAt: expect.any(String) },
            },
          },
        },
      ])
      expect(headers['x-ratelimit-requests-limit']).toBe('100')
      expect(String(headers['access-control-expose-headers'])).toMatch(/x-ratelimit-tokens-reset/)
      const [seen] = widget.model.seen
      expect(seen?.url).toBe('/v1/chat/completions')
      expect(seen?.body).toEqual({
        model: 'gpt-4.1-mini',
        messages: [{ role: 'system', content: 'Be kind.' }, ...hello.messages],
        max_tokens: 2000,
      })
      expect(seen?.headers['authorization']).toBe('Bearer account-key-of-openai-0123456789')
      expect(JSON.stringify(seen?.headers)).not.toMatch(/shop\.example|eyJ/)
    })

    it('is answered as events', async () => {
      const { text, headers } = await widget.chat(await widget.tokenOf(), { isStream: true })
      expect(headers['content-type']).toMatch(/^text\/event-stream/)
      const events = text.split('\n\n').filter((one) => one !== '')
      expect(events.map((one) => one.split('\n')[0])).toEqual([
        ...['event: start', 'event: chunk', 'event: chunk', 'event: done'],
      ])
      expect(events[1]).toBe('event: chunk\ndata: {"content":"Hello"}')
      const done = bodyOf(events[3]?.split('data: ')[1] ?? '')
      expect(done).toMatchObject({ duration: expect.any(Number), usage: { total_tokens: 15 } })
    })

    const message = hello.messages[0]
    it.each<[string, unknown, string]>([
      ['no messages', {}, 'messages'],
      ['an empty list', { messages: [] }, 'messages'],
      ['51 messages', { messages: Array(51).fill(message) }, '50'],
      ['a blank text', { messages: [{ role: 'user', content: ' \n' }] }, 'messages[0].content'],
      ['a system message', { messages: [{ role: 'system', content: 'x' }] }, 'role'],
      ['a text of the page', { ...hello, system: 'Be rude.' }, 'system'],
      ['another model', { ...hello, model: 'gpt-5' }, 'model'],
      ['another member', { ...hello, temperature: 2 }, 'allowed'],
      ['tools', { ...hello, tools: [] }, 'allowed'],
      ['a message with more', { messages: [{ ...message, name: 'x' }] }, 'messages[0]'],
      ['a list', [], 'JSON object'],
    ])('with %s is 400', async (_, json, named) => {
      const { status, text } = await widget.chat(await widget.tokenOf(), { json })
      expect(bodyOf(text)).toMatchObject({ error: 'ValidationError', statusCode: 400 })
      expect(status).toBe(400)
      expect(bodyOf(text)['message']).toContain(named)
      expect(widget.model.seen).toEqual([])
    })

    it('with a model of the widget is answered', async () => {
      const json = { ...hello, model: 'gpt-4.1-mini' }
      expect((await widget.chat(await widget.tokenOf(), { json })).status).toBe(200)
    })

    it('with too long a prompt is 413', async () => {
      const json = { messages: [{ role: 'user', content: 'x'.repeat(32_001) }] }
      const { status, text } = await widget.chat(await widget.tokenOf(), { json })
      expect([status, bodyOf(text)['error']]).toEqual([413, 'PromptTooLong'])
    })
  })

  describe('a token opens nothing else (W2)', () => {
    it.each([
      ['another listed page', 'https://localhost:8443'],
      ['a page that is not listed', 'https://evil.example'],
    ])('not from %s', async (_, origin) => {
      const { status, text } = await widget.chat(await widget.tokenOf(), { origin })
      expect([status, bodyOf(text)['error']]).toEqual([403, 'Forbidden'])
    })

    it('nor without an Origin', async () => {
      const answer = await widget.stack.send('/widget/api/chat', {
        ...{ key: await widget.tokenOf(), json: hello },
      })
      expect(answer.status).toBe(403)
    })

    it.each(['/v1/models', '/openai/v1/models', '/status'])('%s', async (path) => {
      const key = await widget.tokenOf()
      const answer = await widget.stack.send(path, { key })
      expect(answer.status).toBe(401)
    })

    it('and no other credential opens the chat', async () => {
      for (const token of [ada.key, 'nonsense', `${await widget.tokenOf()}x`]) {
        const { status, text } = await widget.chat(token)
        expect([status, bodyOf(text)['error']]).toEqual([401, 'Unauthorized'])
      }
      const none = await widget.stack.send('/widget/api/chat', {
        ...{ json: hello, headers: { origin: shop } },
      })
      expect(bodyOf(none.text)).toMatchObject({ error: 'Unauthorized', statusCode: 401 })
      expect(none.headers['access-control-allow-origin']).toBe(shop)
    })
  })

  describe('an upstream that fails (W5)', () => {
    it.each<[number, object, Record<string, string>, number, string]>([
      [500, {}, {}, 502, 'UpstreamError'],
      [400, { error: { message: 'secret text' } }, {}, 502, 'UpstreamError'],
      [401, {}, {}, 502, 'UpstreamError'],
      [402, {}, {}, 402, 'ProviderQuotaExceeded'],
      [429, { error: { code: 'insufficient_quota' } }, {}, 402, 'ProviderQuotaExceeded'],
      [429, {}, { 'retry-after': '7' }, 503, 'ServiceUnavailable'],
      [503, {}, {}, 503, 'ServiceUnavailable'],
      [504, {}, {}, 504, 'Timeout'],
    ])('with %i %o %o: %i %s', async (status, body, fields, expected, word) => {
      widget.model.answer = (_, response) => sendJson(response, status, body, fields)
      for (const isStream of [false, true]) {
        const answer = await widget.chat(await widget.tokenOf(), { isStream })
        expect(bodyOf(answer.text)).toEqual({
          ...{ error: word, message: expect.any(String), statusCode: expected },
        })
        expect(answer.status).toBe(expected)
        expect(answer.text).not.toContain('secret text')
        if (fields['retry-after']) expect(answer.headers['retry-after']).toBe('7')
      }
    })

    it('within a stream ends it with an event', async () => {
      widget.model.answer = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n')
        response.end('data: {"error":{"message":"secret text"}}\n\n')
      }
      const answer = await widget.stack.dispatcher.request({
        ...{ origin: widget.stack.url, path: '/widget/api/chat', method: 'POST' },
        headers: {
          ...{ origin: shop, accept: 'text/event-stream', 'content-type': 'application/json' },
          authorization: `Bearer ${await widget.tokenOf()}`,
        },
        body: JSON.stringify(hello),
      })
      let text = ''
      const end = await (async () => {
        for await (const chunk of answer.body) text += String(chunk)
      })().catch((error: Error) => error)
      // A partial answer does not end like a complete one.
      expect(end).toBeInstanceOf(Error)
      expect(text).toContain('event: chunk\ndata: {"content":"Hel"}\n\nevent: error\n')
      expect(text).toContain('"error":"UpstreamError"')
      expect(text).not.toContain('secret text')
    })
  })

  it('counts what an answer used, and not what was reserved', async () => {
    widget.model.answer = (seen, response) => answerPlainly(seen, response, usage(300, 200))
    const token = await widget.tokenOf()
    await widget.chat(token)
    const { text } = await widget.chat(token)
    expect(bodyOf(text)['usage']).toMatchObject({
      total_tokens: 500,
      tokens: { used: expect.closeTo(1000, -2) },
    })
  })
})
