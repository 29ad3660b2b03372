import { Agent as PlainAgent, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import type { SocketTarget, Target } from '../../gatekeeper/test/slow/support/load-connection.ts'

/** A server, with the fields that each request to it needs. */
export type EntryPoint = {
  readonly target: Target | SocketTarget
  readonly fields: Readonly<Record<string, string>>
}

/** Sends requests over connections that are kept open. */
export type Caller = {
  readonly open: (options: RequestOptions) => ReturnType<typeof requestPlain>
  readonly close: () => void
}

export function createCaller(target: EntryPoint['target'], connections: number): Caller {
  const kept = { keepAlive: true, maxFreeSockets: connections }
  if ('socketPath' in target) {
    const { socketPath } = target
    const agent = new PlainAgent(kept)
    return {
      open: (options) => requestPlain({ ...options, socketPath, agent }),
      close: () => agent.destroy(),
    }
  }
  const { port, ca } = target
  const agent = new TlsAgent(kept)
  const tls = { host: '127.0.0.1', port, ca, servername: 'localhost' }
  return {
    open: (options) => requestTls({ ...options, ...tls, agent }),
    close: () => agent.destroy(),
  }
}
