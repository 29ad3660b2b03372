import type { Check } from '../../model/decision.ts'

/**
 * Only a WebSocket, only on a row that says so, only in check mode: any other Upgrade (`h2c`) would
 * open a tunnel through which later requests pass unseen.
 */
export const unchangedProtocol: Check = {
  name: 'unchanged-protocol',
  needs: 'head',
  examine: ({ facts }) => {
    if (facts.upgrade === null) return null
    // RFC 9110 §15.5.22: the client learns that the same works over HTTP. For every relayed path
    // alike, so that nothing is told of which ones exist.
    if (facts.point === 'relay') return 'upgrade-not-relayed'
    const isListed = facts.endpoint?.webSocket === true
    return facts.upgrade === 'websocket' && isListed ? null : 'upgrade-refused'
  },
  // Always: Caddy drops the client's own list, since a key may be among it whatever the carrier was.
  oblige: ({ facts }) =>
    facts.upgrade === 'websocket' && facts.subprotocols.length > 0
      ? { kind: 'set-subprotocols', subprotocols: facts.subprotocols }
      : null,
}
