/** `node speech-server.ts PORT`: espeak-ng over HTTP, in the form of OpenAI's /v1/audio/speech. */
import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

async function speak(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { input } = JSON.parse(await text(request))
  const child = spawn('espeak-ng', ['--stdin', '--stdout', '-v', 'en'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  process.stdout.write(`speaking, for ${request.headers['x-gatekeeper-user'] ?? 'nobody'}\n`)
  response.writeHead(200, { 'content-type': 'audio/wav' })
  response.once('close', () => child.kill())
  child.once('close', (code, signal) => process.stdout.write(`spoken: ${signal ?? code}\n`))
  child.stdin.on('error', () => {})
  child.stdin.end(String(input))
  child.stdout.pipe(response)
}

createServer((request, response) => {
  const asked = `${request.method} ${request.url}`
  if (asked === 'GET /health') response.end('ready')
  else if (asked !== 'POST /v1/audio/speech') response.writeHead(404).end()
  else speak(request, response).catch(() => response.destroy())
}).listen(Number(process.argv[2]), '127.0.0.1')
