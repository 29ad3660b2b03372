import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../gatekeeper/test/support/free-port.ts'
import { findPeerFolder } from './cache.ts'
import type { Gap, Peer, PeerSlot } from './peer.ts'
import type { StartedPeer } from './peer-blocks.ts'

/** Starts the peers one after the other. A peer that does not start is a gap; the run continues. */
export async function startPeers(
  peers: readonly Peer[],
  common: Omit<PeerSlot, 'port'>,
): Promise<{ started: readonly StartedPeer[]; gaps: readonly Gap[] }> {
  const started: StartedPeer[] = []
  const gaps: Gap[] = []
  for (const peer of peers) {
    const slot = { ...common, folder: join(common.folder, peer.name), port: await freePort() }
    mkdirSync(slot.folder)
    try {
      await peer.start(slot, findPeerFolder(peer) ?? '')
      started.push({ peer, entry: peer.entry(slot) })
    } catch (error) {
      const why = `did not start: ${(error as Error).message.trim().slice(-300)}`
      gaps.push({ name: peer.name, why: why.replaceAll(/\s+/g, ' ') })
    }
  }
  return { started, gaps }
}
