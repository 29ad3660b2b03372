import { join } from 'node:path'
import type { Child } from '../../gatekeeper/test/support/child.ts'
import { readEdge } from '../../gatekeeper/test/support/direct.ts'
import type { Setup } from '../setup.ts'
import type { EntryPoint } from './caller.ts'

/** One way for heavy requests: the process in the middle, and its entry point. */
export type Way = {
  readonly name: string
  readonly child: Child
  readonly entryPointFor: (path: string, key: string) => EntryPoint
}

/** Directly at the sockets, with the fields that Caddy would send. */
export function directWays(setup: Setup): readonly [ours: Way, bare: Way] {
  const { ours, 'stand-in': standIn } = setup.fronts
  const edge = { 'x-gatekeeper-edge': readEdge(ours.place) }
  const way = (name: string, child: Child, stateDir: string): Way => ({
    ...{ name, child },
    entryPointFor: (path, key) => ({
      target: { socketPath: join(stateDir, 'run/relay.sock') },
      fields: { host: 'localhost', authorization: `Bearer ${key}`, ...edge, ...statementOf(path) },
    }),
  })
  return [
    way('relay', setup.gatekeeper, ours.place.stateDir),
    way('bare-relay', setup.bareRelay, standIn.place.stateDir),
  ]
}

/** Through Caddy, as clients come. */
export function caddyWays(setup: Setup): readonly [ours: Way, bare: Way] {
  const way = (name: string, child: Child, front: 'ours' | 'stand-in'): Way => ({
    ...{ name, child },
    entryPointFor: (_path, key) => ({
      target: setup.fronts[front].target,
      fields: { host: 'localhost', authorization: `Bearer ${key}` },
    }),
  })
  return [way('relay', setup.gatekeeper, 'ours'), way('bare-relay', setup.bareRelay, 'stand-in')]
}

/** Caddy's statements about a request; all have the same id, because the ledger uses its own. */
function statementOf(path: string): Record<string, string> {
  return {
    'x-gatekeeper-request-id': '00000000-0000-4000-8000-000000000000',
    'x-gatekeeper-client-address': '127.0.0.1',
    'x-gatekeeper-method': 'POST',
    'x-gatekeeper-uri': path,
    'x-gatekeeper-host': 'localhost',
    'x-gatekeeper-protocol': 'HTTP/1.1',
  }
}
