/**
 * An upstream that dies, stalls, sends a wrong length or garbage, while others send requests all
 * the time: each of its answers is visibly incomplete, is recorded as failed, and the next one is
 * valid.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { gatewayWithOllama } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { readRecords } from '../support/read-records.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const timeouts = 'timeouts: {headersSeconds: 3, idleSeconds: 3}'
const config = gatewayWithOllama('slots: unlimited', timeouts)
const body = JSON.stringify({
  ...{ model: demoModel, done: true, prompt_eval_count: 3, eval_count: 5 },
  message: { role: 'assistant', content: 'well' },
})
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n'
const well = `${head}Content-Length: ${body.length}\r\n\r\n${body}`
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const part = `${JSON.stringify({ model: demoModel, message: { content: 'half' }, done: false })}\n`

type Fault = {
  readonly name: string
  /** The bytes that it writes; null ends the connection at once. */
  readonly writes: string | null
  /** Whether it leaves the connection open, in silence. */
  readonly stays?: true
  /**
   * The error that the client gets; null if half an answer was sent, which must not look complete.
   */
  readonly status: number | null
}
const faults: readonly Fault[] = [
  { name: 'dies before it answers', writes: null, status: 502 },
  { name: 'dies in the middle of its head', writes: 'HTTP/1.1 200 OK\r\nContent-Ty', status: 502 },
  {
    name: 'dies in the middle of a stream',
    writes: `${head}Transfer-Encoding: chunked\r\n\r\n${chunk(part)}`,
    status: null,
  },
  { name: 'never answers', writes: '', stays: true, status: 504 },
  {
    name: 'stalls in the middle of a stream',
    writes: `${head}Transfer-Encoding: chunked\r\n\r\n${chunk(part)}`,
    stays: true,
    status: null,
  },
  {
    name: 'says that its answer is longer than it is',
    writes: `${head}Content-Length: 5000\r\n\r\n${part}`,
    status: null,
  },
  { name: 'sends garbage', writes: '\u0000\u0001\u0002 garbage \r\n\r\n\r\n', status: 502 },
  {
    name: 'sends garbage for a chunk',
    writes: `${head}Transfer-Encoding: chunked\r\n\r\n${chunk(part)}xyz\r\n`,
    status: null,
  },
  {
    name: 'names two lengths',
    writes: `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    status: 502,
  },
]

describe.skipIf(testCaddy === null)('an upstream that', () => {
  let stack: Stack
  let server: Server
  const sockets = new Set<Socket>()
  let fault: Fault | null = null
  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      socket.on('data', (data) => {
        const isSpoilt = fault !== null && data.includes('spoilt')
        if (!isSpoilt) return void socket.end(well)
        if (fault?.writes === null) return void socket.destroy()
        socket.write(fault?.writes ?? '', 'latin1')
        // A moment later, so that the written bytes are read first.
        if (!fault?.stays) setTimeout(() => socket.destroy(), 100)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const ollamaUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    stack = await startStack({ keys: [ada], config, ollamaUrl })
  })
  afterAll(async () => {
    await stack?.stop()
    for (const socket of sockets) socket.destroy()
    server?.close()
  })

  const chat = async (content: string) => {
    const answer = await stack.dispatcher.request({
      ...{ origin: stack.url, path: '/api/chat', method: 'POST' },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.key}` },
      body: JSON.stringify({ model: demoModel, messages: [{ role: 'user', content }] }),
    })
    const text = await answer.body.text().catch(() => null)
    return { status: answer.statusCode, text, requestId: String(answer.headers['x-request-id']) }
  }

  it.each(faults)('$name', async (one) => {
    fault = one
    const [spoilt, ...others] = await Promise.all([chat('spoilt'), chat('one'), chat('two')])
    expect(others.map(({ status, text }) => [status, text])).toEqual([
      [200, body],
      [200, body],
    ])
    if (one.status === null) {
      // Broken off: the client's library detects that the answer is incomplete.
      expect([spoilt.status, spoilt.text]).toEqual([200, null])
    } else {
      expect(spoilt.status).toBe(one.status)
      expect(JSON.parse(spoilt.text ?? '')).toHaveProperty('error')
      expect(spoilt.text).not.toMatch(/garbage|127\.0\.0\.1/)
    }
    const after = await chat('three')
    expect([after.status, after.text]).toEqual([200, body])
    const records = await readRecords(join(stack.stateDir, 'usage.db'))
    const outcomeOf = (requestId: string) =>
      records.filter((record) => record.requestId === requestId).map(({ outcome }) => outcome)
    expect(outcomeOf(spoilt.requestId)).toEqual(['failed'])
    for (const { requestId } of [...others, after])
      expect(outcomeOf(requestId)).toEqual(['answered'])
  })
})
