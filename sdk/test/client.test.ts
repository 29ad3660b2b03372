/** The client against a gateway in memory, with a clock of the test. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ClientOptions, createClient, type Message } from '../src/client/create-client.ts'

type Call = {
  readonly path: string
  readonly init: RequestInit
  readonly body: Record<string, unknown>
}
type Reply = (call: Call) => Response | Promise<Response>

const event = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
const done = event('done', { usage: { total_tokens: 15 }, duration: 12 })
const stream = (...parts: readonly string[]) => new Response(new Blob([...parts]).stream())
const hello = () =>
  stream(
    event('start', { model: 'm' }),
    event('chunk', { content: 'Hello' }),
    event('chunk', { content: ' there' }),
    done,
  )
const refusal = (status: number, error: string, retryAfter?: number) =>
  Response.json(
    { error, message: `${error}.`, statusCode: status },
    { status, headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) } },
  )

/** Answers chats by the test's function and tokens by numbers. */
function createFake(reply: Reply = hello, options: ClientOptions = {}) {
  const calls: Call[] = []
  let made = 0
  const fetch = async (url: string, init: RequestInit) => {
    init.signal?.throwIfAborted()
    const path = new URL(url).pathname
    const call = { path, init, body: JSON.parse(String(init.body)) }
    calls.push(call)
    if (path === '/widget/api/chat') return await reply(call)
    made += 1
    return Response.json({ token: `t${made}`, expiresIn: '15m', tokenType: 'Bearer' })
  }
  const client = createClient({
    gateway: 'https://gate.example/',
    fetch: fetch as unknown as typeof globalThis.fetch,
    ...options,
  })
  const of = (path: string) => calls.filter((call) => call.path.endsWith(path))
  return {
    client,
    calls,
    chats: () => of('/chat'),
    tokens: () => of('/tokens'),
    exchanges: () => of('/exchange'),
  }
}

const tokenOf = ({ init }: Call) => (init.headers as Record<string, string>)['authorization']
const catchOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

describe('the client', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }),
  )
  afterEach(() => void vi.useRealTimers())

  it('answers a text, and sends no cookie and no other member', async () => {
    const { client, chats } = createFake()
    expect(await client.chat('Hi')).toBe('Hello there')
    expect(chats()[0]?.body).toEqual({ messages: [{ role: 'user', content: 'Hi' }] })
    expect(chats()[0]?.init).toMatchObject({
      method: 'POST',
      credentials: 'omit',
      cache: 'no-store',
    })
  })

  it('reads a text with every sign that ends a line', async () => {
    const content = '1\u2028event: error\u2029data: 2\u0085\r3\n\n4'
    const text = `: waiting\n\n${event('start', { model: null })}${event('chunk', { content })}${done}`
    const { client } = createFake(() => stream(text))
    expect(await client.chat('Hi')).toBe(content)
  })

  it('sends system and model where they are given, and yields pieces', async () => {
    const { client, chats } = createFake()
    const pieces: string[] = []
    const messages: Message[] = [{ role: 'user', content: 'Hi' }]
    for await (const piece of client.chatStream(messages, { system: 'Be kind.', model: 'm' }))
      pieces.push(piece)
    expect(pieces).toEqual(['Hello', ' there'])
    expect(chats()[0]?.body).toEqual({ messages, system: 'Be kind.', model: 'm' })
  })

  it('fetches one token for many questions at once', async () => {
    const { client, tokens } = createFake()
    await Promise.all(Array.from({ length: 5 }, () => client.chat('Hi')))
    expect(tokens()).toHaveLength(1)
  })

  it('renews a token five minutes before its end, whatever the date of the computer says', async () => {
    const { client, tokens } = createFake()
    await client.chat('Hi')
    vi.setSystemTime(new Date('1999-01-01'))
    await client.chat('Hi')
    vi.setSystemTime(new Date('2099-01-01'))
    vi.advanceTimersByTime(9 * 60_000 + 59_000)
    await client.chat('Hi')
    expect(tokens()).toHaveLength(1)
    vi.advanceTimersByTime(2_000)
    await client.chat('Hi')
    expect(tokens()).toHaveLength(2)
  })

  it('gets another token after a 401, once', async () => {
    let refused = 0
    const once = createFake((call) => {
      if (tokenOf(call) !== 'Bearer t1') return hello()
      refused += 1
      return refusal(401, 'Unauthorized')
    })
    expect(await once.client.chat('Hi')).toBe('Hello there')
    expect([refused, once.tokens().length]).toEqual([1, 2])
    const always = createFake(() => refusal(401, 'Unauthorized'))
    expect(await catchOf(always.client.chat('Hi'))).toMatchObject({
      status: 401,
      code: 'Unauthorized',
    })
    expect([always.chats().length, always.tokens().length]).toEqual([2, 2])
  })

  it('waits as long as a short Retry-After says, and asks again at most twice', async () => {
    const { client, chats } = createFake(() => refusal(429, 'RateLimitExceeded', 2))
    const failed = catchOf(client.chat('Hi'))
    await vi.advanceTimersByTimeAsync(1_900)
    expect(chats()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(chats()).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2_100)
    expect(await failed).toMatchObject({ code: 'RateLimitExceeded', status: 429, retryAfter: 2 })
    expect(chats()).toHaveLength(3)
  })

  it('hands a long Retry-After to the page at once', async () => {
    const { client, chats } = createFake(() => refusal(429, 'RequestLimitExceeded', 1_800))
    expect(await catchOf(client.chat('Hi'))).toMatchObject({ retryAfter: 1_800 })
    expect(chats()).toHaveLength(1)
  })

  it.each([
    ['a network that is gone', () => Promise.reject(new TypeError('Failed to fetch')), 'offline'],
    ['a stream that only ends', () => stream(event('chunk', { content: 'He' })), 'cut_off'],
    [
      'an error in the stream',
      () => stream(event('error', { error: 'UpstreamError', message: 'Gone.' })),
      'UpstreamError',
    ],
    ['a stream that is not JSON', () => stream('event: chunk\ndata: {\n\n'), 'bad_answer'],
    [
      'a page of a proxy',
      () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
      'bad_answer',
    ],
  ])('%s is a ChatError, and is not asked again', async (_, reply, code) => {
    const { client, chats } = createFake(reply as Reply)
    expect(await catchOf(client.chat('Hi'))).toMatchObject({ name: 'ChatError', code })
    expect(chats()).toHaveLength(1)
  })

  it('ends the request when the reader stops', async () => {
    let isCancelled = false
    const endless = () =>
      new Response(
        new ReadableStream({
          start: (controller) =>
            controller.enqueue(new TextEncoder().encode(event('chunk', { content: 'a' }))),
          cancel: () => {
            isCancelled = true
          },
        }),
      )
    const { client } = createFake(endless)
    for await (const _ of client.chatStream('Hi')) break
    expect(isCancelled).toBe(true)
  })

  it('stops at once while it waits for a token', async () => {
    const { client } = createFake(hello, { userToken: () => new Promise<string>(() => {}) })
    const controller = new AbortController()
    const failed = catchOf(client.chat('Hi', { signal: controller.signal }))
    controller.abort()
    expect(await failed).toMatchObject({ code: 'aborted' })
  })

  it("exchanges the page's own token, and never falls back to an anonymous one", async () => {
    const { client, tokens, exchanges } = createFake(hello, { userToken: () => 'of-ada' })
    await client.chat('Hi')
    expect(exchanges()[0]?.body).toEqual({ token: 'of-ada' })
    expect(tokens()).toHaveLength(0)
  })

  describe('a challenge', () => {
    const challenged = (asked: object, options: ClientOptions = {}) => {
      const shown: unknown[] = []
      const fetch = async (url: string, init: RequestInit) => {
        if (url.endsWith('/challenge')) return Response.json(asked)
        if (url.endsWith('/chat')) return hello()
        const body = JSON.parse(String(init.body))
        shown.push(body)
        const words = { token: 't', expiresIn: '15m', tokenType: 'Bearer' }
        return 'solution' in body ? Response.json(words) : refusal(403, 'Forbidden')
      }
      const gateway = 'https://gate.example'
      const client = createClient({ gateway, fetch: fetch as typeof globalThis.fetch, ...options })
      return { client, shown }
    }

    it('is solved by computing', async () => {
      const { client, shown } = challenged({ kind: 'proof-of-work', challenge: 'a.b', bits: 10 })
      expect(await client.chat('Hi')).toBe('Hello there')
      const [, { challenge, solution }] = shown as [object, { challenge: string; solution: string }]
      const digest = createHash('sha256').update(`${challenge}:${solution}`).digest()
      expect([challenge, digest.readUInt32BE() >>> 22]).toEqual(['a.b', 0])
    })

    it('of another company is solved by the page', async () => {
      const solve = (siteKey: string) => `solved ${siteKey}`
      const { client, shown } = challenged({ kind: 'siteverify', siteKey: 'k' }, { solve })
      expect(await client.chat('Hi')).toBe('Hello there')
      expect(shown[1]).toEqual({ solution: 'solved k' })
    })

    it('that is none leaves the refusal as it was', async () => {
      const { client, shown } = challenged({ kind: 'none' })
      expect(await catchOf(client.chat('Hi'))).toMatchObject({ code: 'Forbidden', status: 403 })
      expect(shown).toHaveLength(1)
    })
  })

  it('says how to name the gateway where none is known', async () => {
    const client = createClient({ fetch: () => Promise.reject(new Error('not reached')) })
    expect(await catchOf(client.chat('Hi'))).toMatchObject({
      code: 'no_gateway',
      message: expect.stringContaining('<meta name="gatekeeper" content="https://YOUR-GATEWAY">'),
    })
  })

  describe('a session', () => {
    const read = async (answer: AsyncIterable<string>) => {
      let text = ''
      for await (const piece of answer) text += piece
      return text
    }

    it('keeps the messages, the usage and the model', async () => {
      const { client, chats } = createFake()
      const session = client.createChatSession({ system: 'Be kind.' })
      await read(session.send('One'))
      await read(session.send('Two'))
      expect(chats()[1]?.body).toEqual({
        system: 'Be kind.',
        messages: [
          { role: 'user', content: 'One' },
          { role: 'assistant', content: 'Hello there' },
          { role: 'user', content: 'Two' },
        ],
      })
      expect(session).toMatchObject({ usage: { total_tokens: 15 }, model: 'm' })
      session.clear()
      expect(session.messages).toEqual([])
    })

    it('sends the newest 50 messages, of which the first is of the user', async () => {
      const { client, chats } = createFake()
      const session = client.createChatSession()
      for (let turn = 0; turn < 30; turn++) await read(session.send(`${turn}`))
      const sent = chats().at(-1)?.body['messages'] as Message[]
      expect([sent.length, sent[0]?.role, sent.at(-1)?.content]).toEqual([49, 'user', '29'])
    })

    it('takes a text back that got no answer, and keeps one that got a part', async () => {
      const replies = [
        () => refusal(502, 'UpstreamError'),
        () => stream(event('chunk', { content: 'He' })),
      ]
      const { client } = createFake(() => (replies.shift() ?? hello)())
      const session = client.createChatSession()
      await catchOf(read(session.send('One')))
      expect(session.messages).toEqual([])
      await catchOf(read(session.send('Two')))
      expect(session.messages.map(({ content }) => content)).toEqual(['Two', 'He'])
    })

    it('forgets an answer that arrives after clear', async () => {
      const { client } = createFake()
      const session = client.createChatSession()
      for await (const _ of session.send('One')) session.clear()
      expect(session.messages).toEqual([])
    })
  })
})
