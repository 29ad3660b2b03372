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
  server.on('clientError', (_error, socket) => void socket.destroy())
  return server
}
