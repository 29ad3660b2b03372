import { createServer, type RequestListener, type Server } from 'node:http'

/** Returns a server for the gatekeeper alone, whose requests are small and quick to arrive. */
export function createSocketServer(handle: RequestListener): Server {
  const server = createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 5_000, requestTimeout: 10_000 },
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
