import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteTransform } from '../lib/byte-transform.ts'
import { chain, createChatAnswer } from './chat-answer.ts'
import type { AnswerFields } from './response-fields.ts'
import { UnreadableAnswer } from './unreadable-answer.ts'
import { createUsageEventFilter } from './usage-event-filter.ts'

const leak = 'Traceback: litellm.APIError at http://10.0.0.3'
const fixed = {
  error: 'upstream_error',
  error_description: 'The model service refused the request, or failed.',
  request_id: 'request-1',
}

function passAll(filter: ByteTransform, chunks: readonly Buffer[]): string {
  const parts = [...chunks.map((chunk) => filter.push(chunk)), filter.end()]
  return Buffer.concat(parts.filter((part) => part !== null)).toString('utf8')
}

const json = { 'content-type': 'application/json' }
const events = { 'content-type': 'text/event-stream; charset=utf-8' }
const ask = (fields: AnswerFields, isStream: boolean, status = 200) =>
  createChatAnswer('request-1', { status, fields, isStream })

test('an answer without success is replaced, whole, with its fields', () => {
  const answer = ask({ 'x-exception': leak, 'retry-after': '9' }, false, 500)
  expect(JSON.parse(passAll(answer, [Buffer.from(leak), Buffer.from(leak)]))).toEqual(fixed)
  expect(answer.fields).toEqual({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'retry-after': '9',
  })
  const odd = ask({ 'retry-after': leak }, true, 429)
  expect(JSON.stringify(odd.fields)).not.toContain('Traceback')
})

test('a Retry-After is kept as seconds or as a date', () => {
  for (const after of ['9', 'Wed, 21 Oct 2026 07:28:00 GMT']) {
    expect(ask({ 'retry-after': after }, false, 503).fields).toMatchObject({
      'retry-after': after,
    })
  }
})

describe('an answer that is not a stream', () => {
  const good = '{"choices":[{"message":{"content":"hi"}}],"usage":{"total_tokens":3}}'

  test('that is an object with choices passes unchanged', () => {
    const chunks = [Buffer.from(good.slice(0, 9)), Buffer.from(good.slice(9))]
    expect(passAll(ask(json, false), chunks)).toBe(good)
  })

  test.each([
    ...['', '<html>', '{}', '[]', 'null', '"text"', '{"choices":null}', `{"detail":"${leak}"}`],
    ...[`{"choices":[],"error":"${leak}"}`, good.slice(0, -1), `${good}${leak}`, `\ufeff${good}`],
  ])('that is %j is not forwarded', (text) => {
    expect(() => passAll(ask(json, false), [Buffer.from(text)])).toThrow(UnreadableAnswer)
  })

  test('that is not UTF-8 or too long is not forwarded', () => {
    const bytes = Buffer.from(good.replace('hi', '\u00e4'), 'latin1')
    expect(() => passAll(ask(json, false), [bytes])).toThrow(UnreadableAnswer)
    const long = Buffer.alloc(9 * 1024 * 1024, 0x20)
    expect(() => ask(json, false).push(long)).toThrow(UnreadableAnswer)
  })

  test.each<[AnswerFields, boolean, number?]>([
    [{ 'content-type': 'text/html' }, false],
    [{ 'content-type': 'text/plain' }, false],
    [{ 'content-type': 'application/jsonp' }, false],
    [{}, false],
    [events, false],
    [json, true],
    [{ 'content-type': 'text/html' }, true],
    [json, false, 204],
    [json, false, 206],
    [json, false, 302],
  ])(
    'with %j when a stream was requested: %j, is refused before it is read',
    (fields, isStream, status) => {
      expect(() => ask(fields, isStream, status).push(Buffer.from(good))).toThrow(UnreadableAnswer)
      expect(() => ask(fields, isStream, status).end()).toThrow(UnreadableAnswer)
    },
  )
})

describe('a stream', () => {
  const word = 'data: {"choices":[{"delta":{"content":"an \\"error\\": none"}}]}\n\n'
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
  const [ping, done] = [': ping\n\n', 'data: [DONE]\n\n']
  const errors = [
    `data: {"error":{"message":"${leak}"}}\n\n`,
    `data: {"choices":[],"error":"${leak}"}\r\n\r\n`,
    `data: {"detail":"${leak}"}\n\n`,
  ]
  const broken = [
    `event: error\ndata: ${leak}\n\n`,
    `data: "${leak}"\n\n`,
    `data: [{"choices":[]}]\n\n`,
    `data:\n\n`,
    `<html>${leak}</html>\n\n`,
    `event: x\rdata: ${leak}\n\n`,
    `data: {"choices":[]}\n${leak}\n\n`,
  ]

  /** What passes, and whether the stream then breaks. */
  function run(filter: ByteTransform, chunks: readonly Buffer[]) {
    const parts: (Buffer | null)[] = []
    try {
      for (const chunk of chunks) parts.push(filter.push(chunk))
      parts.push(filter.end())
    } catch (error) {
      if (!(error instanceof UnreadableAnswer)) throw error
      parts.push(error.lastWords)
      return { text: joined(parts), isBroken: true }
    }
    return { text: joined(parts), isBroken: false }
  }
  const joined = (parts: readonly (Buffer | null)[]) =>
    Buffer.concat(parts.filter((part) => part !== null)).toString('utf8')

  test('without errors passes unchanged, byte for byte', () => {
    const text = word + ping + usage + done
    expect(passAll(ask(events, true), [Buffer.from(text)])).toBe(text)
  })

  test('forwards no comment of the upstream, and no event name', () => {
    const text = `: ${leak}\n\nevent: ${leak}\nid: 1\n${word}${done}`
    expect(passAll(ask(events, true), [Buffer.from(text)])).toBe(ping + word + done)
  })

  test.each(broken)('ends with an error event and breaks off at %j', (event) => {
    const { text, isBroken } = run(ask(events, true), [Buffer.from(word + event + word + done)])
    expect(isBroken).toBe(true)
    const [first, last, ...rest] = text.split('\n\n')
    expect(`${first}\n\n`).toBe(word)
    expect(JSON.parse(last?.slice('data: '.length) ?? '').error).toEqual({
      error: 'upstream_unreadable',
      error_description: expect.any(String),
      request_id: 'request-1',
    })
    expect(rest).toEqual([''])
  })

  test('breaks off at an event that never ends', () => {
    const long = Buffer.from(`data: {"choices":"${leak}${'x'.repeat(1024 * 1024)}`)
    const { text, isBroken } = run(ask(events, true), [Buffer.from(word), long, long])
    expect([isBroken, text.includes('Traceback')]).toEqual([true, false])
  })

  test('reveals nothing of the upstream but its text, wherever its chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(word, ping, usage, ...errors, ...broken), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (sent, cuts) => {
          const bytes = Buffer.from(sent.join('') + done)
          const places = [...new Set([0, ...cuts, bytes.length])]
            .filter((place) => place <= bytes.length)
            .sort((one, other) => one - other)
          const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
          const filter = chain(createUsageEventFilter(), ask(events, true))
          const { text, isBroken } = run(filter, chunks)
          const end = sent.findIndex((event) => broken.includes(event))
          const passed = end === -1 ? sent : sent.slice(0, end)
          expect(isBroken).toBe(end !== -1)
          expect(text).not.toMatch(/Traceback|html|prompt_tokens/)
          const failed = passed.filter((event) => errors.includes(event)).length
          expect(text.split(JSON.stringify({ error: fixed })).length - 1).toBe(failed)
          expect(text.split(word).length - 1).toBe(passed.filter((one) => one === word).length)
          expect(text.includes('[DONE]')).toBe(!isBroken)
        },
      ),
    )
  })

  test('that breaks off within an event forwards nothing of it', () => {
    for (const event of [...errors, word]) {
      const half = Buffer.from(event.slice(0, -9))
      expect(run(ask(events, true), [half])).toMatchObject({ isBroken: true })
      expect(run(ask(events, true), [half]).text).not.toMatch(/Traceback|choices/)
    }
  })
})
