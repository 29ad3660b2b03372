import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Gap, Log, Peer } from './peer.ts'

/** Where peers are kept between runs. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatekeeper-bench')
}

/** The peer's folder, or null where it is not there whole. */
export function findPeerFolder(peer: Peer): string | null {
  const folder = join(cacheFolder(), peer.folder)
  return existsSync(folder) ? folder : null
}

/** Gets the peer where it is not there yet; a reason where it cannot be had. */
export async function providePeer(peer: Peer, log: Log): Promise<Gap | null> {
  if (findPeerFolder(peer) !== null) return null
  mkdirSync(cacheFolder(), { recursive: true })
  // Built under another name, so that a build that is killed is never taken for a whole one.
  const folder = mkdtempSync(join(cacheFolder(), '.building-'))
  log(`getting ${peer.name} (${peer.folder})`)
  try {
    await peer.build(folder, log)
    renameSync(folder, join(cacheFolder(), peer.folder))
    return null
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    const [first = ''] = (error as Error).message.split('\n')
    return { name: peer.name, why: `could not be had: ${first.slice(0, 200)}` }
  }
}
