import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Stack } from './stack.ts'

/** Opens a TLS connection to Caddy that speaks HTTP/1.1 as the test writes it. */
export async function openTls(stack: Stack, servername = 'localhost'): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connectTls({
    ...{ host: '127.0.0.1', port: stack.httpsPort, servername, ca: stack.ca },
    ALPNProtocols: ['http/1.1'],
  })
  socket.once('secureConnect', () => resolve())
  socket.once('error', reject)
  await promise
  return socket
}

/** Sends bytes and returns all answers until the other side closes, or for `limitMs`. */
export function exchange(socket: Socket, bytes: string, limitMs = 5_000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  const finish = () => {
    clearTimeout(timer)
    resolve(text)
  }
  const timer = setTimeout(finish, limitMs)
  socket.on('close', finish)
  socket.on('error', finish)
  socket.write(bytes, 'latin1')
  return promise.finally(() => socket.destroy())
}

/** Lines of a request with the empty line at its end; it asks for the connection to be closed. */
export function lines(...text: string[]): string {
  return `${[...text, 'Connection: close'].join('\r\n')}\r\n\r\n`
}

/** Sends bytes over a unix socket, past Caddy, and returns the whole answer. */
export function exchangeUnix(path: string, bytes: string): Promise<string> {
  return exchange(connectPlain(path), bytes)
}
