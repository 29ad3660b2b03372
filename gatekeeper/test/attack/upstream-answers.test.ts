import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { readAnswer } from './support/answers.ts'

const ada = makeKey()

/** The answer of a faulty or hostile application, byte by byte. */
const answers: readonly (readonly [string, readonly string[]])[] = [
  [
    'identity and proof',
    ['HTTP/1.1 200 OK', 'X-Gatekeeper-User: evil', 'X-Gatekeeper-Proof: evil'],
  ],
  ['other spellings', ['HTTP/1.1 200 OK', 'X_Gatekeeper_User: evil', 'X.Gatekeeper.User: evil']],
  [
    'mixed spellings',
    [
      'HTTP/1.1 200 OK',
      'X-Gatekeeper_User: evil',
      'X-Gatekeeper.User: evil',
      'x_gatekeeper-user: evil',
    ],
  ],
  [
    'a permission for all origins',
    ['HTTP/1.1 200 OK', 'Access-Control-Allow-Origin: evil', 'X-Gatekeeper-Allow-Origin: evil'],
  ],
  [
    'a Connection field that names ours',
    ['HTTP/1.1 200 OK', 'Connection: X-Request-Id, X-Gatekeeper-User, close', 'X-Request-Id: evil'],
  ],
  [
    'a request id of its own, twice',
    ['HTTP/1.1 200 OK', 'X-Request-Id: evil', 'X-Request-Id: evil'],
  ],
  [
    'names of parts of objects',
    ['HTTP/1.1 200 OK', '__proto__: x', '__proto__: x', 'constructor: x', 'hasOwnProperty: x'],
  ],
  [
    'another protocol',
    ['HTTP/1.1 200 OK', 'Alt-Svc: h3="evil:443"', 'Upgrade: evil', 'Connection: Upgrade, close'],
  ],
  [
    'an early hint',
    [
      'HTTP/1.1 103 Early Hints',
      'X-Gatekeeper-User: evil',
      'X-Gatekeeper-Proof: evil',
      'Alt-Svc: evil',
      '',
      'HTTP/1.1 200 OK',
    ],
  ],
  [
    'trailers',
    [
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: chunked',
      'Trailer: X-Gatekeeper-User, X-Gatekeeper-Proof, Access-Control-Allow-Origin',
      '',
      '2',
      'ok',
      '0',
      'X-Gatekeeper-User: evil',
      'X-Gatekeeper-Proof: evil',
      'Access-Control-Allow-Origin: evil',
    ],
  ],
  [
    'trailers that it did not announce',
    [
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: chunked',
      '',
      '2',
      'ok',
      '0',
      'X-Gatekeeper-User: evil',
      'Set-Cookie: evil',
    ],
  ],
]

describe.skipIf(testCaddy === null)('an upstream that imitates the gatekeeper', () => {
  let stack: Stack
  let app: Server
  let answer: readonly string[] = []
  beforeAll(async () => {
    app = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        const isChunked = answer.includes('Transfer-Encoding: chunked')
        const length = isChunked ? [] : ['Content-Length: 2', '', 'ok']
        socket.end([...answer, ...length, ...(isChunked ? ['', ''] : [])].join('\r\n'))
      })
    })
    app.listen(0, '127.0.0.1')
    await once(app, 'listening')
    const ollamaUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
    stack = await startStack({ keys: [ada], ollamaUrl })
  })
  afterAll(async () => {
    await stack?.stop()
    app?.close()
  })

  describe.each([
    ['check', '/chat/api/tags'],
    ['relay', '/api/version'],
  ])('%s', (point, path) => {
    it.each(answers)('is not believed by the client: %s', async (name, written) => {
      answer = written
      const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', `X-Api-Key: ${ada.key}`]
      const text = await exchange(await openTls(stack), lines(...head))
      expect(readAnswer(text)).toMatchObject({ status: 200 })
      // Caddy passes an application's interim answers and trailers on unfiltered: nothing of ours
      // reads them, and docs/SECURITY-MODEL.md says so. The answer's own head must be clean.
      const isCaddysLimit = point === 'check' && /hint|trailers/.test(name)
      const judged = isCaddysLimit ? readAnswer(text).head.replace(/^Trailer:.*/m, '') : text
      expect(judged).not.toMatch(/evil|x[-_.]gatekeeper/i)
      expect(text.match(/^x-request-id: [0-9a-f-]{36}\r$/gim)).toHaveLength(1)
    })

    it.each([
      ['no answer at all', []],
      [
        'another protocol',
        ['HTTP/1.1 101 Switching Protocols', 'Upgrade: evil', 'Connection: Upgrade'],
      ],
      ['half a head', ['HTTP/1.1 200 OK', 'X-Gatekeeper-Us']],
      ['an invalid head', ['X-Gatekeeper-User: evil', '']],
      ['two lengths', ['HTTP/1.1 200 OK', 'Content-Length: 999']],
    ])('an invalid answer becomes an error of ours: %s', async (_name, written) => {
      answer = written
      const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', `X-Api-Key: ${ada.key}`]
      const text = await exchange(await openTls(stack), lines(...head))
      expect(text).not.toMatch(/evil|x[-_.]gatekeeper/i)
      // Caddy turns an unrequested 101 into an empty 200; nothing of the application is in it.
      if (point === 'check' && written.join().includes(' 101 ')) {
        return expect(readAnswer(text).body).toBe('')
      }
      expect(readAnswer(text).status).toBe(502)
      expect(() => JSON.parse(readAnswer(text).body)).not.toThrow()
    })
  })

  it('cannot allow for the gatekeeper: its proof gives a caller without a key no access', async () => {
    answer = ['HTTP/1.1 200 OK', 'X-Gatekeeper-User: ada', 'X-Gatekeeper-Proof: x']
    for (const path of ['/chat/api/tags', '/api/version', '/check/ollama']) {
      expect((await stack.send(path)).status).toBeGreaterThanOrEqual(401)
    }
  })
})
