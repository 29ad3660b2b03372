/** What bounds the chat widget (W4): each bound exactly, and what abuse costs at most. */
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import {
  answerPlainly,
  configOf,
  hello,
  shop,
  startWidget,
  usage,
  type WidgetStack,
} from './support/widget-stack.ts'

const secret = 'shared-with-the-programs-of-a-test-0123456789'
const bodyOf = (text: string) => JSON.parse(text) as Record<string, unknown>
const off = (names: string) => names.split(' ').map((name) => `${name}: off`)
const all =
  'requestsPerWindow newTokensPerMinute requestsPerHour tokensPerHour tokensPerDayAndAddress'
const unbounded = [...off(all), 'networkShare: off']

/** Takes the address of a client from a field, as behind a CDN. */
const trusting = (text: string) =>
  text.replace(
    'servers {\n',
    'servers {\n\t\ttrusted_proxies static 127.0.0.0/8 ::1/128\n\t\ttrusted_proxies_strict\n',
  )

/** Runs all, at most so many at a time. */
async function inTurns<One>(
  many: readonly One[],
  atOnce: number,
  run: (one: One) => Promise<void>,
) {
  const rest = many.values()
  const worker = async () => {
    for (const one of rest) await run(one)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

describe.skipIf(testCaddy === null)('the bounds of the chat widget', () => {
  let widget: WidgetStack | null = null
  afterEach(async () => {
    await widget?.stop()
    widget = null
  })
  const start = async (...members: string[]) => {
    widget = await startWidget({
      ...{ config: configOf(...members), caddyfile: trusting, env: () => ({ JWT_SECRET: secret }) },
    })
    return widget
  }
  /** A token as another program with the secret makes it. */
  const mint = (issuer: string, subject: string = randomUUID(), origin = shop) =>
    new SignJWT({ origin })
      .setProtectedHeader({ alg: 'HS256', typ: 'gk-widget+jwt' })
      .setIssuer('widget:external')
      .setAudience(`${issuer}/widget`)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime('15m')
      .setJti(randomUUID())
      .sign(Buffer.from(secret))
  const from = (address: string) => ({ 'x-forwarded-for': address })
  /** Counts answers by status, or by the word of a refusal. */
  const tally = () => {
    const counts = new Map<string, number>()
    return {
      add: ({ status, text }: { status: number; text: string }) => {
        const word = status === 200 ? '200' : String(bodyOf(text)['error'])
        counts.set(word, (counts.get(word) ?? 0) + 1)
      },
      of: (word: string) => counts.get(word) ?? 0,
      counts,
    }
  }

  it('a spam tab: 60 requests a minute of one address pass, and the text says when to try again', async () => {
    const { chat, stack, model } = await start(
      'caps: {requestsPerHour: off, newTokensPerMinute: off}',
    )
    const token = await mint(stack.url)
    const seen = tally()
    await inTurns(Array(200).fill(0), 20, async () => {
      const answer = await chat(token, { headers: from('203.0.113.7') })
      seen.add(answer)
      if (answer.status !== 429) return
      const after = answer.headers['retry-after']
      expect(bodyOf(answer.text)).toEqual({
        error: 'RateLimitExceeded',
        message: `You have exceeded the allowed number of requests. Try again in ${after} seconds.`,
        statusCode: 429,
      })
    })
    // A rate gives one back each second.
    expect(seen.of('200')).toBeGreaterThanOrEqual(60)
    expect(seen.of('200')).toBeLessThanOrEqual(66)
    expect(model.seen).toHaveLength(seen.of('200'))
    // Another address is not affected.
    expect((await chat(token, { headers: from('198.51.100.7') })).status).toBe(200)
  })

  it('token farming: 10 new tokens a minute and address, ten times as many in its network', async () => {
    const { stack } = await start('caps: {requestsPerWindow: off}')
    const ask = (address: string) =>
      stack.send('/widget/api/tokens', {
        ...{ method: 'POST', headers: { origin: shop, ...from(address) } },
      })
    const statuses = await Promise.all(Array.from({ length: 30 }, () => ask('203.0.113.7')))
    const made = statuses.filter(({ status }) => status === 201).length
    expect(made).toBeGreaterThanOrEqual(10)
    expect(made).toBeLessThanOrEqual(12)
    const refused = statuses.find(({ status }) => status === 429)
    expect(bodyOf(refused?.text ?? '{}')['message']).toMatch(/Try again in \d+ seconds\.$/)
    expect(refused?.headers['retry-after']).toBe('6')
    const addresses = Array.from({ length: 250 }, (_, at) => `198.51.100.${at}`)
    let inNetwork = 0
    await inTurns([...addresses, ...addresses], 20, async (address) => {
      if ((await ask(address)).status === 201) inNetwork++
    })
    expect(inNetwork).toBeGreaterThanOrEqual(100)
    expect(inNetwork).toBeLessThanOrEqual(115)
  })

  it('a visitor: 100 requests and 100,000 tokens an hour, with how they stand', async () => {
    const { chat, stack, model } = await start('caps: {requestsPerWindow: off}')
    const seen = tally()
    const token = await mint(stack.url)
    await inTurns(Array(130).fill(0), 20, async () => seen.add(await chat(token)))
    expect(seen.of('200')).toBeGreaterThanOrEqual(100)
    expect(seen.of('200')).toBeLessThanOrEqual(102)
    const { text, status } = await chat(token)
    expect([status, bodyOf(text)['error']]).toEqual([429, 'RequestLimitExceeded'])
    expect(bodyOf(text)['usage']).toMatchObject({ requests: { limit: 100, remaining: 0 } })
    model.answer = (one, response) => answerPlainly(one, response, usage(40_000, 2_000))
    const other = await mint(stack.url)
    const words: unknown[] = []
    for (let turn = 0; turn < 4; turn++) words.push(bodyOf((await chat(other)).text)['error'])
    expect(words).toEqual([undefined, undefined, undefined, 'TokenLimitExceeded'])
  })

  it('500 parallel requests never cost more than the month allows, and then it is closed', async () => {
    const capMicroUsd = 100_000
    const { chat, stack, model } = await start(
      ...[`caps: {${unbounded.join(', ')}}`, 'budget: {usdPerMonth: 0.1, requestsPerDay: off}'],
    )
    // The most that an answer can have: gpt-4.1-mini costs 0.40 and 1.60 USD a million.
    model.answer = (one, response) => {
      setTimeout(() => answerPlainly(one, response, usage(20, 2_000)), 20)
    }
    const seen = tally()
    const tokens = await Promise.all(Array.from({ length: 50 }, () => mint(stack.url)))
    const calls = Array.from({ length: 500 }, (_, at) => at)
    await Promise.all(
      calls.map(async (at) => {
        const isStream = at % 2 === 0
        const answer = await chat(tokens[at % 50] ?? '', {
          isStream,
          headers: from(`10.${at % 250}.0.1`),
        })
        seen.add(answer)
      }),
    )
    const costMicroUsd = model.seen.length * (20 * 0.4 + 2_000 * 1.6)
    expect(costMicroUsd).toBeLessThanOrEqual(capMicroUsd)
    expect(model.seen.length).toBe(seen.of('200'))
    expect(seen.of('200') + seen.of('BudgetExceeded')).toBe(500)
    // Nearly all of it can be used: what was reserved and not used comes back.
    for (let turn = 0; turn < 40; turn++) await chat(tokens[0] ?? '')
    const whole = model.seen.length * (20 * 0.4 + 2_000 * 1.6)
    expect(whole).toBeLessThanOrEqual(capMicroUsd)
    expect(whole).toBeGreaterThan(capMicroUsd * 0.9)
    const closed = await chat(await mint(stack.url), { headers: from('192.0.2.200') })
    expect([closed.status, bodyOf(closed.text)['error']]).toEqual([429, 'BudgetExceeded'])
    expect(JSON.stringify(closed.headers)).not.toMatch(/usd/)
    // The operator is told, once for each mark.
    const lines = stack.gatekeeper.output().match(/"event":"usage\.high"/g) ?? []
    expect(lines.length).toBeGreaterThanOrEqual(1)
    expect(lines.length).toBeLessThanOrEqual(2)
  })

  it('10,000 addresses: the requests of a day are bounded, and what they cost', async () => {
    const { chat, stack, model } = await start(
      ...['caps: {networkShare: 20}', 'budget: {requestsPerDay: 1000}'],
    )
    model.answer = (one, response) => answerPlainly(one, response, usage(30, 100))
    const seen = tally()
    const addresses = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 8}.${at & 255}.1`)
    await inTurns(addresses, 60, async (address) => {
      seen.add(await chat(await mint(stack.url), { headers: from(address) }))
    })
    expect([seen.of('200'), seen.of('BudgetExceeded')]).toEqual([1000, 9000])
    expect(model.seen).toHaveLength(1000)
  }, 180_000)

  it('one network: a twentieth of the budget of a day', async () => {
    const { chat, stack, model } = await start('budget: {requestsPerDay: 1000}')
    const seen = tally()
    const addresses = Array.from({ length: 200 }, (_, at) => `203.0.113.${at}`)
    await inTurns(addresses, 40, async (address) => {
      seen.add(await chat(await mint(stack.url), { headers: from(address) }))
    })
    expect([seen.of('200'), seen.of('RequestLimitExceeded')]).toEqual([50, 150])
    expect(model.seen).toHaveLength(50)
  })

  it('endless streams: cut after their time with an event, and charged what was reserved', async () => {
    const { stack, model } = await start('caps: {streamSeconds: 1}')
    model.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const part = 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
      const timer = setInterval(() => response.write(part), 50)
      response.on('close', () => clearInterval(timer))
    }
    const answer = await stack.dispatcher.request({
      ...{ origin: stack.url, path: '/widget/api/chat', method: 'POST' },
      headers: {
        ...{ origin: shop, accept: 'text/event-stream', 'content-type': 'application/json' },
        authorization: `Bearer ${await mint(stack.url, 'endless')}`,
      },
      body: JSON.stringify(hello),
    })
    let text = ''
    const end = await (async () => {
      for await (const chunk of answer.body) text += String(chunk)
    })().catch((error: Error) => error)
    expect(end).toBeInstanceOf(Error)
    const last = text.split('\n\n').filter(Boolean).at(-1) ?? ''
    expect(last).toMatch(/^event: error\ndata: \{"error":"Timeout","message":"[^"]+"\}$/)
    model.answer = answerPlainly
    const next = await stack.send('/widget/api/chat', {
      ...{ key: await mint(stack.url, 'endless'), headers: { origin: shop }, json: hello },
    })
    const { tokens } = bodyOf(next.text)['usage'] as { tokens: { used: number } }
    expect(tokens.used).toBeGreaterThanOrEqual(2_000)
  })

  it('huge prompts: refused before they are sent', async () => {
    const { chat, stack, model } = await start()
    const token = await mint(stack.url)
    for (const length of [32_001, 900_000, 3_000_000]) {
      const json = { messages: [{ role: 'user', content: 'x'.repeat(length) }] }
      const { status, text } = await chat(token, { json })
      expect([length, status, bodyOf(text)['error']]).toEqual([length, 413, 'PromptTooLong'])
    }
    expect(model.seen).toEqual([])
  })

  it('single-use tokens: one request each, also for ten at once', async () => {
    const { chat, stack, tokenOf } = await start(
      'singleUse: true',
      'caps: {requestsPerWindow: off}',
    )
    const token = await tokenOf()
    const answers = await Promise.all(Array.from({ length: 10 }, () => chat(token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9)
    const old = await new SignJWT({ origin: shop })
      .setProtectedHeader({ alg: 'HS256', typ: 'gk-widget+jwt' })
      .setIssuer('widget:external')
      .setAudience(`${stack.url}/widget`)
      .setSubject('x')
      .setIssuedAt(Math.floor(Date.now() / 1000) - 300)
      .setExpirationTime('5m')
      .setJti(randomUUID())
      .sign(Buffer.from(secret))
    expect((await chat(old)).status).toBe(401)
  })
})
