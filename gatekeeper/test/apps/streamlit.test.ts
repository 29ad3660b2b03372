import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WebSocket } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { removeFolder } from '../real/parts/cache.ts'
import type { Running } from '../real/parts/part.ts'
import { startServer } from '../real/parts/server.ts'
import { areAvailable } from '../real/support/provision.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { terminalFolder, terminalPrograms } from './support/installed.ts'

const isAvailable = await areAvailable(terminalPrograms)
const program = path.join(import.meta.dirname, 'programs/upload.py')

const ada = makeKey({ services: ['streamlit'] })
const una = makeKey({ user: 'una', services: ['streamlit'], limits: ['1/month'] })
const boundary = 'part-of-a-form'
const bytes = 3_000_000

// A browser's form with one file. Its session is known from the WebSocket only.
const form = Buffer.concat([
  Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`,
  ),
  Buffer.alloc(bytes, 7),
  Buffer.from(`\r\n--${boundary}--\r\n`),
])

describe.skipIf(!isAvailable)('Streamlit, behind a check', () => {
  let server: Running
  let stack: Stack
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'gatekeeper-streamlit-'))
    const python = path.join(await terminalFolder(), 'bin/python')
    server = await startServer((port) => ({
      command: python,
      args: ['-m', 'streamlit', 'run', program, ...settings(port)],
      env: { HOME: home },
      cwd: home,
      readyPath: '/_stcore/health',
      readySeconds: 120,
    }))
    stack = await startStack({ keys: [ada, una], config: gatewayFor(server.url) })
  }, 240_000)
  afterAll(async () => {
    await stack?.stop()
    await server?.stop()
    if (home !== undefined) await removeFolder(home)
  })

  const basic = (key: string) => ({ authorization: `Basic ${btoa(`ada:${key}`)}` })
  const page = '/streamlit/'

  /** The state of a browser with the page open: its cookie, and the session of its WebSocket. */
  const openPage = async (key: string) => {
    const host = await stack.send('/streamlit/_stcore/health', { headers: basic(key) })
    const cookie = String(host.headers['set-cookie']).split(';')[0] ?? ''
    const token = cookie.replace('_streamlit_xsrf=', '')
    const origin = stack.url
    const socket = new WebSocket(`${stack.url.replace('https', 'wss')}${page}_stcore/stream`, {
      ...{ dispatcher: stack.dispatcher, protocols: ['streamlit', token] },
      headers: { ...basic(key), cookie, origin },
    })
    return { socket, fields: { ...basic(key), cookie, origin, 'x-xsrftoken': token } }
  }

  const upload = async (session: string, fields: Readonly<Record<string, string>>) =>
    await stack.send(`${page}_stcore/upload_file/${session}/f1`, {
      method: 'PUT',
      headers: { ...fields, 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: form,
    })

  it('its page opens, and a file is uploaded and deleted', async () => {
    const first = await stack.send(page, { headers: basic(ada.key) })
    expect([first.status, first.text]).toEqual([200, expect.stringContaining('Streamlit')])
    const { socket, fields } = await openPage(ada.key)
    const answers: string[] = []
    let session = ''
    for (const id of await idsOf(socket)) {
      const { status, text } = await upload(id, fields)
      if (status === 204) session = id
      answers.push(`${status} ${text}`)
    }
    expect(answers).toContain('204 ')
    const gone = await stack.send(`${page}_stcore/upload_file/${session}/f1`, {
      ...{ method: 'DELETE', headers: fields },
    })
    expect(gone.status).toBe(204)
    socket.close()
  })

  it('a file without the cookie of its page is refused by Streamlit itself', async () => {
    const { socket, fields } = await openPage(ada.key)
    const { cookie: _, ...without } = fields
    const [id = ''] = await idsOf(socket)
    const answer = await upload(id, without)
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('XSRF')])
    socket.close()
  })

  it('a wrong key and a used-up quota are reported, and neither request reaches Streamlit', async () => {
    const wrong = await upload('any', basic(createApiKey().key))
    expect([wrong.status, wrong.text]).toEqual([401, expect.stringContaining('not valid')])
    const spent = await upload('any', basic(una.key))
    expect(spent.status, 'the one that the quota allows').not.toBe(429)
    const refused = await upload('any', basic(una.key))
    expect([refused.status, refused.text]).toEqual([429, expect.stringMatching(/used up|are left/)])
    // Pages and scripts can be read as before: they are not counted.
    expect((await stack.send(page, { headers: basic(una.key) })).status).toBe(200)
  })
})

function settings(port: number): string[] {
  const words = { address: '127.0.0.1', port, headless: true, fileWatcherType: 'none' }
  const server = Object.entries(words).map(([name, value]) => `--server.${name}=${value}`)
  return [...server, '--browser.gatherUsageStats=false', '--browser.serverAddress=localhost']
}

function gatewayFor(url: string): string {
  return `version: 1
services:
  streamlit:
    kind: http
    upstream: { url: "${url}" }
    webSockets: [/_stcore/stream]
    methods: { use: [PUT, DELETE] }
    routes: [{ prefix: /streamlit, strip: true, browser: basic }]
`
}

/** Starts the program's first run; returns the ids in its first messages: one is the session's. */
async function idsOf(socket: WebSocket): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('error', ({ message }) => reject(new Error(`WebSocket: ${message}`)))
  // BackMsg { rerun_script: {} } of Streamlit's own protocol.
  socket.addEventListener('open', () => socket.send(new Uint8Array([0x5a, 0])))
  socket.addEventListener('message', ({ data }) => {
    const text = Buffer.from(data as ArrayBuffer).toString('latin1')
    const ids = text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)
    if (ids !== null) resolve([...new Set(ids)])
  })
  return await promise
}
