import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { readRequestHead } from './request-head.ts'

const stated = {
  'x-gatekeeper-method': ['POST'],
  'x-gatekeeper-uri': ['/api/chat?x=1'],
  'x-gatekeeper-host': ['ai.example'],
  'x-gatekeeper-client-address': ['192.0.2.7'],
  'x-gatekeeper-request-id': ['request-1'],
  'x-gatekeeper-protocol': ['HTTP/1.1'],
}
const read = (fields: Record<string, string[]>, headers: Record<string, string> = {}) =>
  readRequestHead(
    {
      ...{ method: 'GET', url: '/check/ollama', headers },
      headersDistinct: fields,
    } as unknown as IncomingMessage,
    'check',
  )

test('the request is what Caddy states, not the request line of the connection', () => {
  expect(read(stated)).toEqual({
    ...{ method: 'POST', target: '/api/chat?x=1', host: 'ai.example', requestId: 'request-1' },
    ...{ clientAddress: '192.0.2.7', point: 'check', checkedService: 'ollama' },
    ...{ fields: stated, upgrade: null, hasBody: false, protocol: 'HTTP/1.1' },
  })
})

describe('a statement that is missing or repeated means that the Caddy is not ours', () => {
  test.each(Object.keys(stated))('%s', (name) => {
    expect(read({ ...stated, [name]: [] })).toBeNull()
    expect(read({ ...stated, [name]: [''] })).toBeNull()
    expect(read({ ...stated, [name]: ['a', 'b'] })).toBeNull()
    const { [name]: _gone, ...rest } = stated as Record<string, string[]>
    expect(read(rest)).toBeNull()
  })

  test('an upgrade that is stated twice still counts as an upgrade', () => {
    // Caddy states it once, and as an empty text if the client asked for none.
    expect(read({ ...stated, 'x-gatekeeper-upgrade': [''] })?.upgrade).toBeNull()
    expect(read({ ...stated, 'x-gatekeeper-upgrade': ['h2c'] })?.upgrade).toBe('h2c')
    const twice = read({ ...stated, 'x-gatekeeper-upgrade': ['', 'h2c'] })
    expect(twice === null || twice.upgrade !== null).toBe(true)
  })
})

test.each([
  [{ 'content-length': '0' }, false],
  [{ 'content-length': '1' }, true],
  [{ 'transfer-encoding': 'chunked' }, true],
  [{ 'content-length': 'x' }, true],
  [{}, false],
])('%j has a body: %s', (headers, expected) => {
  expect(read(stated, headers as Record<string, string>)?.hasBody).toBe(expected)
})
