import { join } from 'node:path'
import type { Child } from '../../gatekeeper/test/support/child.ts'
import { readEdge } from '../../gatekeeper/test/support/direct.ts'
import type { House } from '../house.ts'
import type { Door } from './door.ts'

/** A way for heavy things: who is in the middle, and how to ask it at a path with a key. */
export type Way = {
  readonly name: string
  readonly child: Child
  readonly doorTo: (path: string, key: string) => Door
}

/** Straight at the sockets, with what Caddy would say. */
export function directWays(house: House): readonly [ours: Way, bare: Way] {
  const { ours, 'stand-in': standIn } = house.fronts
  const edge = { 'x-gatekeeper-edge': readEdge(ours.place) }
  const way = (name: string, child: Child, stateDir: string): Way => ({
    ...{ name, child },
    doorTo: (path, key) => ({
      target: { socketPath: join(stateDir, 'run/relay.sock') },
      fields: { host: 'localhost', authorization: `Bearer ${key}`, ...edge, ...statementOf(path) },
    }),
  })
  return [
    way('relay', house.gatekeeper, ours.place.stateDir),
    way('bare-relay', house.bareRelay, standIn.place.stateDir),
  ]
}

/** Through Caddy, as anybody comes. */
export function caddyWays(house: House): readonly [ours: Way, bare: Way] {
  const way = (name: string, child: Child, front: 'ours' | 'stand-in'): Way => ({
    ...{ name, child },
    doorTo: (_path, key) => ({
      target: house.fronts[front].target,
      fields: { host: 'localhost', authorization: `Bearer ${key}` },
    }),
  })
  return [way('relay', house.gatekeeper, 'ours'), way('bare-relay', house.bareRelay, 'stand-in')]
}

/** What the relay is told of a request; the id of all is the same, as the ledger has its own. */
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
