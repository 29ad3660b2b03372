/**
 * A server that writes its answers byte by byte, so that each can be wrong in any way, and that
 * breaks off at any point.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** The bytes to write, each part by itself, and how the connection ends after them. */
export type RawAnswer = {
  readonly name: string
  readonly parts: readonly (string | Buffer)[]
  /** `end` is a FIN, `reset` an RST, `hold` keeps the connection open for the next request. */
  readonly finish: 'end' | 'reset' | 'hold'
}

export type RawUpstream = {
  readonly url: string
  /** Answers everything like this from now on; a function receives the text of the request. */
  readonly answerWith: (choose: RawAnswer | ((request: string) => RawAnswer)) => void
  /** Writes this to every connection at once, before any request; null waits for one. */
  readonly greetWith: (answer: RawAnswer | null) => void
  /** Requests so far. */
  readonly requests: () => number
  readonly close: () => Promise<void>
}

type Place = {
  /** A unix socket, instead of a free port of loopback. */
  readonly path?: string
  /** Speaks TLS with this certificate. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}

export async function startRawUpstream({ path, certificate }: Place = {}): Promise<RawUpstream> {
  let choose: (request: string) => RawAnswer = () => wholeAnswer(404, '')
  let greeting: RawAnswer | null = null
  let requests = 0
  const sockets = new Set<Socket>()
  /** By the client's port: the socket below a TLS connection, since a reset belongs to TCP. */
  const transports = new Map<number | undefined, Socket>()
  const write = async (socket: Socket, { parts, finish }: RawAnswer): Promise<void> => {
    for (const [at, part] of parts.entries()) {
      // Each in a packet of its own.
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, 1))
      if (!socket.writable) return
      await new Promise((resolve) => socket.write(part, () => resolve(null)))
    }
    if (finish === 'end') socket.end()
    if (finish !== 'reset') return
    // A unix socket has no reset.
    if (path !== undefined) socket.destroy()
    else transports.get(socket.remotePort)?.resetAndDestroy()
  }
  const serve = (socket: Socket) => {
    socket.on('error', () => {})
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (greeting !== null) return void write(socket, greeting)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!isComplete(text)) return
      requests++
      const answer = choose(text)
      text = ''
      void write(socket, answer)
    })
  }
  const server = certificate === undefined ? createServer() : createTlsServer(certificate)
  server.on('error', () => {})
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    const { remotePort } = socket
    transports.set(remotePort, socket)
    socket.once('close', () => transports.delete(remotePort))
  })
  server.on(certificate === undefined ? 'connection' : 'secureConnection', serve)
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  const scheme = certificate === undefined ? 'http' : 'https'
  return {
    url: path ?? `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    greetWith: (answer) => {
      greeting = answer
    },
    answerWith: (next) => {
      choose = typeof next === 'function' ? next : () => next
    },
    requests: () => requests,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of [...sockets, ...transports.values()]) socket.destroy()
      await closed
    },
  }
}

/** Requests of the product have a length or no body at all. */
function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? '0'
  if (/^transfer-encoding:/im.test(text.slice(0, end))) return text.endsWith('0\r\n\r\n')
  return text.length >= end + 4 + Number(length)
}

const type = 'content-type: application/json'
const head = (status: number, ...fields: readonly string[]) =>
  `${[`HTTP/1.1 ${status} Any`, type, ...fields].join('\r\n')}\r\n\r\n`
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

/** One answer of a declared length, in one write. */
export function wholeAnswer(status: number, body: string): RawAnswer {
  const length = `content-length: ${Buffer.byteLength(body)}`
  return { name: 'whole', parts: [head(status, length) + body], finish: 'hold' }
}

/** The same content in every framing of HTTP/1.1, each of them complete. */
export function framings(status: number, body: string): RawAnswer[] {
  const half = Math.ceil(body.length / 2)
  const [first, second] = [body.slice(0, half), body.slice(half)]
  const length = `content-length: ${Buffer.byteLength(body)}`
  const chunked = 'transfer-encoding: chunked'
  const all: RawAnswer[] = [
    { name: 'length, one packet', parts: [head(status, length) + body], finish: 'hold' },
    { name: 'length, in parts', parts: [head(status, length), first, second], finish: 'hold' },
    {
      name: 'length, closed',
      parts: [head(status, length, 'connection: close') + body],
      finish: 'end',
    },
    {
      name: 'chunked, one packet',
      parts: [`${head(status, chunked)}${chunk(first)}${chunk(second)}0\r\n\r\n`],
      finish: 'hold',
    },
    {
      name: 'chunked, in parts, with trailers',
      parts: [head(status, chunked), chunk(first), chunk(second), '0\r\nx-end: 1\r\n\r\n'],
      finish: 'hold',
    },
    { name: 'until the end', parts: [head(status), first, second], finish: 'end' },
    {
      name: 'after informational answers',
      parts: [
        `HTTP/1.1 102 Processing\r\n\r\n`,
        `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n`,
        head(status, length) + body,
      ],
      finish: 'hold',
    },
    { name: 'whole, and then a reset', parts: [head(status, length), body], finish: 'reset' },
    {
      name: 'whole, with bytes after it',
      parts: [`${head(status, length)}${body}HTTP/1.`],
      finish: 'end',
    },
  ]
  return all.filter(({ name }) => !isWithoutBody(status) || /^(?:length|whole)/.test(name))
}

const isWithoutBody = (status: number) => status === 204 || status === 304

/** Answers that break at each point: before the head, in it, after it, in the content. */
export function broken(status: number, body: string): RawAnswer[] {
  const half = body.slice(0, Math.ceil(body.length / 2))
  const length = `content-length: ${Buffer.byteLength(body)}`
  const chunked = 'transfer-encoding: chunked'
  const parts: readonly (readonly [string, readonly (string | Buffer)[]])[] = [
    ['nothing', []],
    ['an empty line', ['\r\n']],
    ['garbage', [Buffer.from('00ff1603010200010001fc0303', 'hex')]],
    ['another protocol', ['SSH-2.0-OpenSSH_9.2p1\r\n']],
    ['HTTP/2', [Buffer.from('000012040000000000', 'hex')]],
    ['half a status line', ['HTTP/1.1 20']],
    ['half a head', [`HTTP/1.1 ${status} Any\r\ncontent-le`]],
    ['an endless field', [`HTTP/1.1 ${status} Any\r\nx: ${'x'.repeat(100_000)}`]],
    ['a field that is not allowed', [head(status, 'x-a: \u0001', 'x b: c', length) + body]],
    ['two lengths', [head(status, length, 'content-length: 1') + body]],
    ['a length and chunks', [head(status, length, chunked) + chunk(body)]],
    ['a length that is not a number', [head(status, 'content-length: -1') + body]],
    ['a change of protocol', ['HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n']],
    ['Continue, without end', ['HTTP/1.1 100 Continue\r\n\r\n']],
    ['the head alone', [head(status, length)]],
    ['the head alone, chunked', [head(status, chunked)]],
    ['half of it', [head(status, length) + half]],
    ['half of it, in parts', [head(status, length), half]],
    ['half of its chunks', [head(status, chunked) + chunk(half)]],
    ['half of its chunks, in parts', [head(status, chunked), chunk(half)]],
    ['half a chunk', [head(status, chunked), `ff\r\n${half}`]],
    ['a size that is not a number', [head(status, chunked), 'zz\r\n']],
    ['all chunks but the last', [head(status, chunked), chunk(body)]],
  ]
  // With a FIN it would be complete.
  const untilReset = { name: 'half of it, until the reset', parts: [head(status), half] }
  return [
    { ...untilReset, finish: 'reset' },
    ...parts.flatMap(([name, written]) =>
      (['end', 'reset'] as const).map((finish) => ({
        name: `${name}, ${finish}`,
        parts: written,
        finish,
      })),
    ),
  ]
}

/** The bytes that a connection gets before any request. */
export const greetings: readonly RawAnswer[] = (['end', 'reset'] as const).flatMap((finish) => [
  { name: `hangs up at once, ${finish}`, parts: [], finish },
  { name: `garbage at once, ${finish}`, parts: [Buffer.from('00ff16030100', 'hex')], finish },
  { name: `an answer before the question, ${finish}`, parts: ['HTTP/1.1 200 O'], finish },
])
