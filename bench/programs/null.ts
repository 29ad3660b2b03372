/**
 * The baseline of the check: allows every request without a check. It sends the same fields as the
 * gatekeeper from a bare node:http server; a Node process can hardly do less.
 */
import { createServer } from 'node:http'

const { BENCH_PROOF: proof = '', BENCH_SOCKET: socket = '' } = process.env

const server = createServer((request, response) => {
  response.writeHead(200, {
    'x-gatekeeper-user': 'ada',
    'x-gatekeeper-key-id': '0123456789',
    'x-gatekeeper-role': 'readwrite',
    'x-gatekeeper-service': 'tts',
    'x-gatekeeper-request-id': request.headers['x-gatekeeper-request-id'] ?? 'none',
    'x-gatekeeper-proof': proof,
    'content-length': '0',
  })
  response.end()
})
server.keepAliveTimeout = 130_000
server.listen(socket, () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => process.exit(0))
