import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../gatekeeper/test/support/free-port.ts'
import { findPeerFolder } from './cache.ts'
import type { Gap, Peer, PeerSeat } from './peer.ts'
import type { SeatedPeer } from './peer-blocks.ts'

/** Starts the peers one after the other; one that does not start is a gap, not the end of a run. */
export async function seatPeers(
  peers: readonly Peer[],
  common: Omit<PeerSeat, 'port'>,
): Promise<{ seated: readonly SeatedPeer[]; gaps: readonly Gap[] }> {
  const seated: SeatedPeer[] = []
  const gaps: Gap[] = []
  for (const peer of peers) {
    const seat = { ...common, folder: join(common.folder, peer.name), port: await freePort() }
    mkdirSync(seat.folder)
    try {
      await peer.start(seat, findPeerFolder(peer) ?? '')
      seated.push({ peer, door: peer.door(seat) })
    } catch (error) {
      const why = `did not start: ${(error as Error).message.trim().slice(-300)}`
      gaps.push({ name: peer.name, why: why.replaceAll(/\s+/g, ' ') })
    }
  }
  return { seated, gaps }
}
