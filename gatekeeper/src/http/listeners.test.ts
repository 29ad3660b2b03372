import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createListener } from './listeners.ts'

const whole = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const posted = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'

let server: Server
let logged: string[]
beforeEach(async () => {
  logged = []
  server = createListener(
    (request, response) => request.resume().on('end', () => response.end('ok')),
    (code) => logged.push(code),
  )
  // Node checks its connections with its own timer.
  Object.assign(server, { headersTimeout: 200, connectionsCheckingInterval: 50 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function open(): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return { socket, text: () => text }
}

async function answered(socket: Socket, bytes: string): Promise<void> {
  socket.write(bytes)
  await once(socket, 'data')
}

describe('a connection without a request', () => {
  test('is closed without an answer and without a line in the log', async () => {
    const { socket, text } = await open()
    await once(socket, 'close')
    expect({ text: text(), logged }).toEqual({ text: '', logged: [] })
  })

  test.each([whole, posted])('gets no second answer after a complete one: %j', async (request) => {
    const { socket, text } = await open()
    await answered(socket, request)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(text()).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*ok$/)
    expect(text().match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(logged).toEqual([])
  })
})

test.each([
  ['half a request', null],
  ['half a request after a whole one', whole],
])('%s gets an answer that it came too late, and is logged', async (_, before) => {
  const { socket, text } = await open()
  if (before !== null) await answered(socket, before)
  socket.write('GET / HT')
  await once(socket, 'close')
  expect(text()).toMatch(/HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*was not complete in time/)
  expect(logged).toEqual(['ERR_HTTP_REQUEST_TIMEOUT'])
})

test('bytes that are not HTTP get an answer that says so, and are logged', async () => {
  const { socket, text } = await open()
  socket.write('hello\r\n\r\n')
  await once(socket, 'close')
  expect(text()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(logged).toHaveLength(1)
})
