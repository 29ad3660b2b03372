import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { Gateway } from '../../config/gateway-file.ts'
import type { Settings } from '../../config/read-settings.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Problem } from '../../lib/problem.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'
import { readLastUsed } from '../usage/last-used.ts'
import type { KeySet } from './key-sets.ts'

/** When each principal (`key:ID`) was last admitted. */
export type LastUses = ReadonlyMap<string, number>

/** What an installation alone does not tell. */
export type Surroundings = {
  readonly clock: Clock
  readonly freeBytes: (path: string) => Promise<number | null>
  /** From the usage journal of a state folder; null if it cannot be read, or there is none. */
  readonly readLastUses: (stateDir: string) => Promise<LastUses | null>
}

/** What the examinations read that need no more than the installation's own files. */
export type InstallationContext = {
  readonly settings: Settings
  readonly settingProblems: readonly Problem[]
  readonly settingWarnings: readonly Problem[]
  readonly gateway: Gateway
  readonly keySets: readonly KeySet[]
  readonly outside: Surroundings
}

/** Returns the surroundings of this machine. */
export function systemSurroundings(clock: Clock): Surroundings {
  return { clock, freeBytes, readLastUses }
}

async function readLastUses(stateDir: string): Promise<LastUses | null> {
  return existsSync(databaseIn(stateDir)) ? await readLastUsed(stateDir).catch(() => null) : null
}

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch {
    return null
  }
}
