import { allPeers, knownGaps } from './all-peers.ts'
import { findPeerFolder, providePeer } from './cache.ts'
import type { Gap, Log, Peer } from './peer.ts'

/** The peers of one run, and why others are not among them. */
export type ChosenPeers = { readonly peers: readonly Peer[]; readonly gaps: readonly Gap[] }

/** What a run without `--peers` says of them. */
export function namePeers(): ChosenPeers {
  const gaps = allPeers.map((peer) => {
    const isThere = findPeerFolder(peer) !== null
    const why = `not measured: run with --peers (${isThere ? 'it is here' : 'gets it first'})`
    return { name: peer.name, why }
  })
  return { peers: [], gaps: [...gaps, ...knownGaps] }
}

/** Gets what is not there yet: minutes at the first time, and a gap for each that fails. */
export async function providePeers(log: Log): Promise<readonly Gap[]> {
  const gaps: Gap[] = []
  for (const peer of allPeers) {
    const gap = await providePeer(peer, log)
    if (gap !== null) gaps.push(gap)
  }
  return gaps
}

/** Those that are there, and may run: some only within a network namespace of their own. */
export function choosePeers(isAlone: boolean): ChosenPeers {
  const gaps: Gap[] = []
  const peers = allPeers.filter((peer) => {
    const why = whyNot(peer, isAlone)
    if (why !== null) gaps.push({ name: peer.name, why })
    return why === null
  })
  return { peers, gaps: [...gaps, ...knownGaps] }
}

function whyNot(peer: Peer, isAlone: boolean): string | null {
  if (findPeerFolder(peer) === null) return 'could not be had (see above)'
  if (!peer.listensEverywhere || isAlone) return null
  return 'listens on every address, and no network namespace could be made (needs root on Linux)'
}
