import { describe, expect, test } from 'vitest'
import { parseListen, toCaddyAddress } from './listen.ts'

const folder = '/srv/gate'

describe('parseListen', () => {
  test.each([
    ['unix:/run/x.sock', { kind: 'unix', path: '/run/x.sock' }],
    ['unix:run/x.sock', { kind: 'unix', path: '/srv/gate/run/x.sock' }],
    ['unix:./run/../x.sock', { kind: 'unix', path: '/srv/gate/x.sock' }],
    ['127.0.0.1:9001', { kind: 'tcp', host: '127.0.0.1', port: 9001 }],
    ['localhost:1', { kind: 'tcp', host: 'localhost', port: 1 }],
    ['gatekeeper:65535', { kind: 'tcp', host: 'gatekeeper', port: 65535 }],
    ['[::1]:9001', { kind: 'tcp', host: '::1', port: 9001 }],
  ])('%s', (text, expected) => {
    expect(parseListen(text, folder)).toEqual(expected)
  })

  test.each([
    ...['', ':', ':9001', '9001', '127.0.0.1', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536'],
    ...['127.0.0.1:99999', '127.0.0.1:9001x', '127.0.0.1:-1', '127.0.0.1: 9001', '::1:9001'],
    ...['[::1]', '[127.0.0.1', '[]:9001', '[zz]:9001', 'http://127.0.0.1:9001', 'a b:9001'],
    ...['unix:', 'unix', 'UNIX:/run/x.sock', 'host_name:9001', 'host/path:9001', '[::1]:0'],
  ])('refuses %j and says why', (text) => {
    expect(parseListen(text, folder)).toEqual(expect.any(String))
  })

  test('a socket path that the kernel would cut is refused with its length', () => {
    const longest = `/${'a'.repeat(106)}`
    expect(parseListen(`unix:${longest}`, folder)).toEqual({ kind: 'unix', path: longest })
    expect(parseListen(`unix:${longest}a`, folder)).toMatch(/108 bytes.*maximum is 107/)
    // Bytes, not characters; and the folder counts.
    expect(parseListen(`unix:/${'ä'.repeat(60)}`, folder)).toMatch(/121 bytes/)
    expect(parseListen(`unix:${'a'.repeat(100)}`, folder)).toMatch(/110 bytes/)
  })
})

test.each([
  ['unix:/run/x.sock', 'unix//run/x.sock'],
  ['127.0.0.1:9001', '127.0.0.1:9001'],
  ['[::1]:9001', '[::1]:9001'],
  ['gatekeeper:9001', 'gatekeeper:9001'],
])('Caddy dials %s as %s', (text, expected) => {
  const listen = parseListen(text, folder)
  if (typeof listen === 'string') throw new Error(listen)
  expect(toCaddyAddress(listen)).toBe(expected)
})
