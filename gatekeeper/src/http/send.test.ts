import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderReason } from './error-response.ts'
import { jsonAnswer, sendAnswer } from './send.ts'

const answers = {
  '/refused': renderReason('no-credential', { facts: null, requestId: 'r' }),
  '/ok': jsonAnswer(200, { status: 'ok', text: 'ä' }),
  '/preflight': { status: 204, fields: { 'x-a': '1' }, body: '' },
}
const server = createServer((incoming, response) => {
  const answer = answers[incoming.url as keyof typeof answers]
  sendAnswer(response, answer, incoming.method === 'HEAD')
  // A second answer to one request changes nothing and throws nothing.
  sendAnswer(response, answers['/ok'], false)
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise<unknown>((resolve) => server.close(resolve)))

function ask(method: string, path: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined
    length: string | undefined
    body: string
  }>()
  const { port } = server.address() as AddressInfo
  const call = request({ host: '127.0.0.1', port, method, path, agent: false }, (answer) => {
    let body = ''
    answer.setEncoding('utf8')
    answer.on('data', (chunk: string) => {
      body += chunk
    })
    answer.on('end', () =>
      resolve({ status: answer.statusCode, length: answer.headers['content-length'], body }),
    )
  })
  call.on('error', reject)
  call.end()
  return promise
}

test('HEAD gets the fields of GET, with the length, and no body', async () => {
  const get = await ask('GET', '/refused')
  const head = await ask('HEAD', '/refused')
  expect(get.status).toBe(401)
  expect(get.length).toBe(String(Buffer.byteLength(get.body)))
  expect(head).toEqual({ status: 401, length: get.length, body: '' })
})

test('the length counts bytes', async () => {
  const { length, body } = await ask('GET', '/ok')
  expect(body).toBe('{"status":"ok","text":"ä"}')
  expect(length).toBe(String(body.length + 1))
})

test('204 has no length', async () => {
  expect(await ask('OPTIONS', '/preflight')).toEqual({ status: 204, length: undefined, body: '' })
})
