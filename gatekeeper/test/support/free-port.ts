import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port of loopback that was free a moment ago. It is not one that systems give to outgoing
 * connections (from 32768 or 49152 on): one of these is in use again after any connect.
 */
export async function freePort(): Promise<number> {
  for (let turn = 1; ; turn++) {
    const port = randomInt(15_000, 32_000)
    const server = createServer()
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && turn < 100) continue
      throw error
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
