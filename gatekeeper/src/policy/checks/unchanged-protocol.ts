import type { Check, FactsQuestion } from '../../model/decision.ts'

/**
 * Allows only a WebSocket, only on a row that permits it, only in check mode: any other Upgrade
 * (`h2c`) would open a tunnel through which later requests pass unchecked.
 */
export const unchangedProtocol: Check<FactsQuestion> = {
  name: 'unchanged-protocol',
  examine: ({ facts }) => {
    if (facts.upgrade === null) return null
    // RFC 9110 §15.5.22: tells the client that the request works over HTTP. The same for every
    // relayed path, so that the answer does not reveal which paths exist.
    if (facts.point === 'relay') return 'upgrade-not-relayed'
    const isListed = facts.endpoint?.webSocket === true
    return facts.upgrade === 'websocket' && isListed ? null : 'upgrade-refused'
  },
  // Always: Caddy drops the client's own list, because any entry may be a key.
  oblige: ({ facts }) =>
    facts.upgrade === 'websocket' && facts.subprotocols.length > 0
      ? { kind: 'set-subprotocols', subprotocols: facts.subprotocols }
      : null,
}
