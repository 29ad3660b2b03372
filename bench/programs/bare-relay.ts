/**
 * The baseline of the relay: sends a body (a long one as it arrives) with undici's `dispatch` over
 * connections that are kept open, and streams the answer. No credentials, policy, log or time
 * limits.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, type Dispatcher } from 'undici'

const { BENCH_APP: origin = '', BENCH_SOCKET: socket = '' } = process.env
const agent = new Agent({ pipelining: 1, allowH2: false })
// Fields that undici sets itself, or refuses.
const removed = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'host'],
  'content-length',
])

const server = createServer((request, response) => {
  // Caddy's health check.
  if (request.url === '/livez') return void response.end()
  if (Number(request.headers['content-length']) > 1e6) return relay(request, response, request)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => relay(request, response, Buffer.concat(chunks)))
})
server.keepAliveTimeout = 130_000
server.listen(socket, () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => process.exit(0))

function relay(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | IncomingMessage,
): void {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !removed.has(name)),
  )
  const method = request.method as Dispatcher.HttpMethod
  const options = { origin, path: request.url ?? '/', method, headers, body }
  let controller: Dispatcher.DispatchController | null = null
  response.on('close', () => {
    if (!response.writableFinished) controller?.abort(new Error('the client left'))
  })
  response.on('drain', () => controller?.resume())
  agent.dispatch(options, {
    onRequestStart: (started) => {
      controller = started
    },
    onResponseStart: (_started, status, fields) => {
      const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...kept } = fields
      response.writeHead(status, kept)
    },
    onResponseData: (started, chunk) => {
      if (!response.write(chunk)) started.pause()
    },
    onResponseEnd: () => void response.end(),
    onResponseError: () => void response.destroy(),
  })
}
