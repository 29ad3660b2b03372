import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'

/** The gatekeeper's requests are small and quick to arrive. */
const requestMs = 10_000

/**
 * Returns a server for a socket of ours. A request that takes longer to arrive ends with its
 * connection, since the parser of bodies waits for ever.
 */
export function createSocketServer(handle: RequestListener, requestTimeout = requestMs): Server {
  const server = createServer(
    {
      ...{
        maxHeaderSize: 16 * 1024,
        headersTimeout: Math.min(5_000, requestTimeout),
        requestTimeout,
      },
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      // A stream error without a listener ends the process.
      request.on('error', () => {})
      response.on('error', () => {})
      handle(request, response)
    },
  )
  server.on('error', () => {})
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    socket.on('error', () => {})
    if (error.code !== 'HPE_HEADER_OVERFLOW' || !socket.writable) return void socket.destroy()
    socket.end(tooLarge())
  })
  return server
}

/** Written by hand, since the request was not read (RFC 6585 §5). */
function tooLarge(): string {
  const title = 'Request Header Fields Too Large'
  const detail = 'The address and the fields of a request have 16 KiB at most.'
  const about = { type: 'about:blank', title, status: 431, detail }
  const text = JSON.stringify({ ...about, reason: 'fields_too_large', requestId: randomUUID() })
  return [
    ...[`HTTP/1.1 431 ${title}`, 'Connection: close', 'Cache-Control: no-store'],
    ...['Content-Type: application/problem+json; charset=utf-8', `Content-Length: ${text.length}`],
    ...['', text],
  ].join('\r\n')
}
