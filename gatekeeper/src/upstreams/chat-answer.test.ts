import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteTransform } from '../lib/byte-transform.ts'
import { chain, createErrorEventFilter, createFixedAnswer } from './chat-answer.ts'
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

test('an answer that is no success is replaced, whole, with its fields', () => {
  const answer = createFixedAnswer('request-1', { 'x-exception': leak, 'retry-after': '9' })
  expect(JSON.parse(passAll(answer, [Buffer.from(leak), Buffer.from(leak)]))).toEqual(fixed)
  expect(answer.fields).toEqual({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'retry-after': '9',
  })
  const odd = createFixedAnswer('request-1', { 'retry-after': leak })
  expect(JSON.stringify(odd.fields)).not.toContain('Traceback')
})

describe('a stream', () => {
  const word = 'data: {"choices":[{"delta":{"content":"an \\"error\\": none"}}]}\n\n'
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
  const [ping, done] = [': ping\n\n', 'data: [DONE]\n\n']
  const errors = [
    `data: {"error":{"message":"${leak}"}}\n\n`,
    `data: {"choices":[],"error":"${leak}"}\r\n\r\n`,
    `event: error\ndata: ${leak}\n\n`,
    `data: "${leak}"\n\n`,
    `data: {"detail":"${leak}"}\n\n`,
  ]

  test('without errors passes as it came, byte for byte', () => {
    const text = word + ping + usage + done
    expect(passAll(createErrorEventFilter('request-1'), [Buffer.from(text)])).toBe(text)
  })

  test('tells no error of the upstream, wherever its chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(word, ping, usage, ...errors), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (events, cuts) => {
          const bytes = Buffer.from(events.join('') + done)
          const places = [...new Set([0, ...cuts, bytes.length])]
            .filter((place) => place <= bytes.length)
            .sort((one, other) => one - other)
          const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
          const filter = chain(createUsageEventFilter(), createErrorEventFilter('request-1'))
          const text = passAll(filter, chunks)
          expect(text).not.toContain('Traceback')
          const bad = events.filter((event) => errors.includes(event)).length
          expect(text.split(JSON.stringify({ error: fixed })).length - 1).toBe(bad)
          expect(text.split(word).length).toBe(events.filter((one) => one === word).length + 1)
          expect(text).not.toContain('prompt_tokens')
          expect(text.endsWith(done)).toBe(true)
        },
      ),
    )
  })

  test('that breaks off within an error tells nothing of it', () => {
    const [first = ''] = errors
    const text = passAll(createErrorEventFilter('request-1'), [Buffer.from(first.slice(0, -2))])
    expect(text).not.toContain('Traceback')
  })
})
