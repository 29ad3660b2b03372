/**
 * An application like ComfyUI: a page with sub-resources, calls that its script makes, and a
 * WebSocket that wants the sub-protocol `comfy`. It keeps all that it received.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { acceptWebSocket } from './web-socket-echo.ts'

export type Received = {
  readonly method: string
  readonly url: string
  /** Names and values as they came: `['Host', '127.0.0.1', …]`. */
  readonly rawHeaders: readonly string[]
  readonly isUpgrade: boolean
  body: string
}

export type ComfyLike = {
  readonly url: string
  /** Everything since the start, or since `forget`. */
  readonly received: () => readonly Received[]
  readonly forget: () => void
  readonly stop: () => Promise<void>
}

const page = `<!doctype html><meta charset="utf-8"><title>loading</title>
<link rel="stylesheet" href="style.css"><img id="pixel" src="pixel.svg" alt="">
<script src="script.js"></script>`

const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/': ['text/html; charset=utf-8', page],
  '/style.css': ['text/css', 'body { color: rgb(1, 2, 3) }'],
  '/pixel.svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'],
  '/script.js': [
    'text/javascript',
    `fetch('api/prompt', { method: 'POST', body: '{"prompt":1}' })
      .then(async (answer) => { document.title = answer.status + ' ' + (await answer.text()) })`,
  ],
}

/**
 * Starts it on a free port of 127.0.0.1. A path without a file is answered with the received
 * request.
 */
export async function startComfyLike(): Promise<ComfyLike> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const entry = receive(request, received, false)
    request.on('data', (chunk: Buffer) => {
      entry.body += chunk.toString('latin1')
    })
    request.on('end', () => {
      const [type, text] = files[entry.url] ?? ['application/json', JSON.stringify({ ok: true })]
      response.writeHead(200, { 'content-type': type, 'x-app': 'comfy-like' }).end(text)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket: Socket) => {
    const entry = receive(request, received, true)
    acceptWebSocket(request, socket, (text) => {
      entry.body += text
    })
  })
  const url = await listen(server)
  return {
    url,
    received: () => received,
    forget: () => void received.splice(0),
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function receive(request: IncomingMessage, into: Received[], isUpgrade: boolean): Received {
  const { method = '', url = '', rawHeaders } = request
  const entry = { method, url, rawHeaders, isUpgrade, body: '' }
  into.push(entry)
  return entry
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
