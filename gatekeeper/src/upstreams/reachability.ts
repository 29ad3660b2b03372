/** Whether the services behind the gatekeeper accept connections. */
import type { Clock } from '../lib/clock.ts'
import type { Upstream } from '../model/service.ts'
import { createConnector } from './connector.ts'

/** `checkedAt` is in epoch ms. */
export type Reachable = { readonly isReachable: boolean; readonly checkedAt: number }

const timeoutMsUsual = 1_000
/** Whoever asks again within this time gets the same answer, and no upstream is dialled for it. */
const keptMs = 5_000

/**
 * Returns a function that connects to the address of an upstream and closes the connection: nothing
 * is asked, so nothing can be wrong with it. Never rejects.
 */
export function createReachability(
  { clock }: { readonly clock: Clock },
  { timeoutMs = timeoutMsUsual } = {},
): (upstream: Upstream) => Promise<Reachable> {
  const kept = new Map<string, { readonly at: number; readonly result: Promise<Reachable> }>()
  return (upstream) => {
    const { origin } = upstream
    const last = kept.get(origin)
    if (last !== undefined && clock() - last.at < keptMs) return last.result
    const at = clock()
    const result = connects(upstream, timeoutMs).then((isReachable) => {
      return { isReachable, checkedAt: clock() }
    })
    kept.set(origin, { at, result })
    return result
  }
}

function connects({ origin, ca }: Upstream, timeoutMs: number): Promise<boolean> {
  const { protocol, hostname, port } = new URL(origin)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const target = {
    ...{ protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), host: hostname },
    ...{ port: port || (protocol === 'https:' ? '443' : '80'), servername: hostname },
  }
  createConnector({ timeout: timeoutMs, ca })(target, (error, socket) => {
    socket?.on('error', () => {})
    socket?.destroy()
    resolve(error === null)
  })
  return promise
}
