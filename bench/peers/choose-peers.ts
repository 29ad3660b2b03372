import { allPeers, knownGaps } from './all-peers.ts'
import { findPeerFolder, providePeer } from './cache.ts'
import type { Gap, Log, Peer } from './peer.ts'

/** The peers of one run, and why others are left out. */
export type ChosenPeers = { readonly peers: readonly Peer[]; readonly gaps: readonly Gap[] }

/** Returns what a run without `--peers` reports about them. */
export function namePeers(): ChosenPeers {
  const gaps = allPeers.map((peer) => {
    const isThere = findPeerFolder(peer) !== null
    const why = `not measured: run with --peers (${isThere ? 'it is here' : 'downloads it first'})`
    return { name: peer.name, why }
  })
  return { peers: [], gaps: [...gaps, ...knownGaps] }
}

/** Downloads missing peers, which takes minutes at first; returns a gap for each failure. */
export async function providePeers(log: Log): Promise<readonly Gap[]> {
  const gaps: Gap[] = []
  for (const peer of allPeers) {
    const gap = await providePeer(peer, log)
    if (gap !== null) gaps.push(gap)
  }
  return gaps
}

/** Returns the peers that are here and may run; some need their own network namespace. */
export function choosePeers(isAlone: boolean): ChosenPeers {
  const gaps: Gap[] = []
  const peers = allPeers.filter((peer) => {
    const why = findObstacle(peer, isAlone)
    if (why !== null) gaps.push({ name: peer.name, why })
    return why === null
  })
  return { peers, gaps: [...gaps, ...knownGaps] }
}

function findObstacle(peer: Peer, isAlone: boolean): string | null {
  if (findPeerFolder(peer) === null) return 'could not be downloaded (see above)'
  if (!peer.listensEverywhere || isAlone) return null
  return 'listens on every address, which needs a network namespace (root on Linux)'
}
