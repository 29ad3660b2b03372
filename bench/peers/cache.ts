import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Gap, Log, Peer } from './peer.ts'

/** Returns the folder in which peers are kept between runs. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatekeeper-bench')
}

/** Returns the folder of a peer, or null if it is missing or incomplete. */
export function findPeerFolder(peer: Peer): string | null {
  const folder = join(cacheFolder(), peer.folder)
  return existsSync(folder) ? folder : null
}

/** Downloads a peer if it is missing; returns why that is not possible, or null. */
export async function providePeer(peer: Peer, log: Log): Promise<Gap | null> {
  if (findPeerFolder(peer) !== null) return null
  mkdirSync(cacheFolder(), { recursive: true })
  // Built under another name, so that an interrupted build never counts as complete.
  const folder = mkdtempSync(join(cacheFolder(), '.building-'))
  log(`downloading ${peer.name} (${peer.folder})`)
  try {
    await peer.build(folder, log)
    renameSync(folder, join(cacheFolder(), peer.folder))
    return null
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    const [first = ''] = (error as Error).message.split('\n')
    return { name: peer.name, why: `could not be downloaded: ${first.slice(0, 200)}` }
  }
}
