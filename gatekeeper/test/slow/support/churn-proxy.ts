import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type ChurnProxy = {
  readonly port: number
  readonly closed: () => number
  readonly close: () => Promise<void>
}

/**
 * Forwards connections to the socket at `path()`, and closes `share` of them (0 to 1) after an
 * answer. Each answer must come in one piece, as those of the check listener do.
 */
export async function startChurnProxy(path: () => string, share: number): Promise<ChurnProxy> {
  const open = new Set<Socket>()
  let closed = 0
  const server = createServer((near) => {
    const far = connect(path())
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    near.setNoDelay(true)
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => {
      if (Math.random() < share) {
        closed += 1
        near.end(chunk)
      } else {
        near.write(chunk)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    closed: () => closed,
    close: async () => {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
