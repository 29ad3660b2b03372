import type { Check } from '../decision.ts'

/**
 * Only a WebSocket, only on a row that says so, only in check mode: any other Upgrade (`h2c`) would
 * open a tunnel through which later requests pass unseen.
 */
export const unchangedProtocol: Check = {
  name: 'unchanged-protocol',
  needs: 'head',
  examine: ({ facts }) => {
    if (facts.upgrade === null) return null
    const isListed = facts.endpoint?.webSocket === true && facts.point === 'check'
    return facts.upgrade === 'websocket' && isListed ? null : 'upgrade-refused'
  },
  // Always: Caddy drops the client's own list, since a key may be among it whatever the carrier was.
  oblige: ({ facts }) =>
    facts.upgrade === 'websocket' && facts.subprotocols.length > 0
      ? { kind: 'set-subprotocols', subprotocols: facts.subprotocols }
      : null,
}
