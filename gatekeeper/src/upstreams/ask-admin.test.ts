import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, test } from 'vitest'
import { listenOn } from '../lib/net/listening.ts'
import { type AdminClient, createAdminClient } from './ask-admin.ts'

let folder: string
let path: string
let client: AdminClient
let server: Server | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-ask-'))
  path = join(folder, 'admin.sock')
  client = createAdminClient(path, { timeoutMs: 300 })
})
afterEach(async () => {
  await client.close()
  server?.closeAllConnections()
  server?.close()
  server = null
  rmSync(folder, { recursive: true })
})

async function answerWith(handle: RequestListener): Promise<void> {
  server = createServer(handle)
  await listenOn(server, { kind: 'unix', path })
}

const json = { 'content-type': 'application/json; charset=utf-8' }

test('a statement reaches the admin process, and its status and JSON come back', async () => {
  const seen: unknown[] = []
  await answerWith((request, response) => {
    request.on('data', (chunk) => seen.push(request.method, request.url, String(chunk)))
    request.on('end', () => response.writeHead(409, json).end('{"error":"Conflict"}'))
  })
  expect(await client.ask('{"a":1}')).toEqual({ status: 409, text: '{"error":"Conflict"}' })
  expect(seen).toEqual(['POST', '/handed-over', '{"a":1}'])
})

test('a socket that is not there, and one that nobody serves, are no answer', async () => {
  await expect(client.ask('{}')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('an admin process that starts later, or again, is found', async () => {
  await client.ask('{}').catch(() => {})
  await answerWith((_, response) => response.writeHead(200, json).end('{}'))
  expect((await client.ask('{}')).status).toBe(200)
})

it.each<[string, RequestListener, string]>([
  ['says nothing', () => {}, 'TIMEOUT'],
  ['says nothing more', (_, response) => response.writeHead(200, json).write('{'), 'TIMEOUT'],
  ['has a fault', (_, response) => response.writeHead(500, json).end('{}'), 'HTTP_500'],
  ['cannot answer', (_, response) => response.writeHead(503, json).end('{}'), 'HTTP_503'],
  ['sends no JSON', (_, response) => response.writeHead(200).end('<html>'), 'CONTENT_TYPE'],
  [
    'sends more than anybody asks for',
    (_, response) => response.writeHead(200, json).end(Buffer.alloc(5 * 1024 * 1024)),
    'TOO_LARGE',
  ],
])('an admin process that %s is no answer', async (_, handle, code) => {
  await answerWith(handle)
  await expect(client.ask('{}')).rejects.toMatchObject({ code })
})

test('an admin process that dies under a request is no answer', async () => {
  await answerWith((request) => request.socket.destroy())
  await expect(client.ask('{}')).rejects.toHaveProperty('code')
})
