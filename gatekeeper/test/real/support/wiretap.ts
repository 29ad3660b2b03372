import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Sits between the gate and a real server, forwards every byte, and keeps the bytes of the gate.
 */
export type Wiretap = {
  /** The server's address in the configuration of the gate. */
  readonly url: string
  /** Everything that was sent to the server, byte by byte as latin1. */
  readonly sent: () => string
  /** The delay until the gate sees that the server closed a connection: as on a real network. */
  delayCloseMs: number
  /** Whether the connection that carried the newest bytes, either way, is gone. */
  readonly isNewestClosed: () => boolean
  readonly stop: () => Promise<void>
}

export async function startWiretap(serverUrl: string): Promise<Wiretap> {
  const { hostname, port } = new URL(serverUrl)
  const chunks: Buffer[] = []
  const sockets = new Set<Socket>()
  let newest: Socket | null = null
  const listener = createServer({ noDelay: true }, (gate) => {
    const server = connect({ host: hostname, port: Number(port), noDelay: true })
    gate.on('data', (chunk) => {
      chunks.push(chunk)
      newest = gate
    })
    server.on('data', () => {
      newest = gate
    })
    gate.pipe(server)
    server.pipe(gate, { end: false })
    server.once('end', () => setTimeout(() => gate.end(), tap.delayCloseMs))
    cutTogether(gate, server)
    for (const socket of [gate, server]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const tap: Wiretap = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    delayCloseMs: 0,
    sent: () => Buffer.concat(chunks).toString('latin1'),
    isNewestClosed: () => newest?.closed ?? false,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
  return tap
}

/** It changes nothing: a connection that the gate closes is closed, and a cut one is cut. */
function cutTogether(gate: Socket, server: Socket): void {
  gate.on('error', () => server.resetAndDestroy())
  gate.once('close', () => server.destroy())
  server.on('error', () => gate.resetAndDestroy())
}
