import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createUsageEventFilter } from './usage-event-filter.ts'

function filter(...chunks: (string | Buffer)[]): string {
  const transform = createUsageEventFilter()
  const out = chunks.map((chunk) => transform.push(Buffer.from(chunk as string)))
  return Buffer.concat([...out, transform.end()].filter((part) => part !== null)).toString('latin1')
}

const event = (json: unknown, end = '\n') => `data: ${JSON.stringify(json)}${end}${end}`
const part = event({ choices: [{ delta: { content: 'hé' } }], usage: null })
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const last = event({ choices: [], usage })
const done = 'data: [DONE]\n\n'
const latin1 = (text: string) => Buffer.from(text).toString('latin1')

test('the event that has usage and no choices is hidden, and nothing else', () => {
  expect(filter(part, last, done)).toBe(latin1(part + done))
  expect(filter(part + last + done)).toBe(latin1(part + done))
})

test('also with other line ends, an event name, and no end', () => {
  expect(filter(event({ choices: [], usage }, '\r\n') + done)).toBe(done)
  expect(filter(`event: chunk\nid: 7\n${last}${done}`)).toBe(done)
  expect(filter(part + last.trimEnd())).toBe(latin1(part))
})

test('also with an empty choice, as LiteLLM sends it', () => {
  const delta = { content: '', role: null }
  for (const choice of [{ index: 0, delta: {} }, { delta, finish_reason: null }, { text: '' }]) {
    expect(filter(part, event({ choices: [choice], usage }), done)).toBe(latin1(part + done))
  }
})

describe('events that stay', () => {
  test.each([
    ['usage beside a word', event({ choices: [{ delta: { content: 'x' } }], usage })],
    ['usage beside a text', event({ choices: [{ text: 'x' }], usage })],
    ['usage beside the end', event({ choices: [{ delta: {}, finish_reason: 'stop' }], usage })],
    ['usage beside a tool', event({ choices: [{ delta: { tool_calls: [{}] } }], usage })],
    ['usage without choices', event({ usage })],
    ['no choices without usage', event({ choices: [], prompt_filter_results: [] })],
    ['usage that is null', event({ choices: [], usage: null })],
    ['a comment', ': ping\n\n'],
    ['text that is not JSON', 'data: {"choices":[],"usage":{\n\n'],
    [
      'the words in a text',
      event({ choices: [{ delta: { content: '"choices":[],"usage":{}' } }] }),
    ],
    ['an error', event({ error: { message: 'busy' } })],
    ['an event that is too long', `data: ${' '.repeat(70_000)}{"choices":[],"usage":{}}\n\n`],
    ['half an event', 'data: {"choi'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(filter(text)).toBe(latin1(text))
    expect(filter(part, text)).toBe(latin1(part + text))
  })
})

test('the event after one that is too long is examined again', () => {
  const long = `data: ${'x'.repeat(70_000)}\n\n`
  expect(filter(long, last, done)).toBe(long + done)
})

test('a complete event is forwarded at once', () => {
  const transform = createUsageEventFilter()
  expect(transform.push(Buffer.from(part))?.toString()).toBe(part)
  expect(transform.push(Buffer.from(part.slice(0, 9)))).toBeNull()
})

test('the result does not depend on how the bytes are split', () => {
  const pieces = fc.constantFrom(
    part,
    last,
    done,
    ': ping\n\n',
    '\n',
    '\r\n',
    'data: x\n',
    last.slice(0, 30),
  )
  fc.assert(
    fc.property(fc.array(pieces), fc.array(fc.nat(2_000)), (texts, cuts) => {
      const bytes = Buffer.from(texts.join(''))
      const marks = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
        (left, right) => left - right,
      )
      const chunks = marks.slice(1).map((mark, at) => bytes.subarray(marks[at], mark))
      expect(filter(...chunks)).toBe(filter(bytes))
    }),
  )
})

test('any bytes that hold no such event pass unchanged', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
      const buffers = chunks.map((chunk) => Buffer.from(chunk))
      expect(filter(...buffers)).toBe(Buffer.concat(buffers).toString('latin1'))
    }),
  )
})
