/**
 * The domain for which passkeys were made, written down at the first start: browsers offer a passkey
 * to that domain alone, so a change of it would end all of them silently.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  createOwnedFile,
  createOwnedFolder,
} from '../../../gatekeeper/src/lib/files/create-owned.ts'
import { ProblemsError } from '../../../gatekeeper/src/lib/problem.ts'
import type { AdminStore } from './admin-store.ts'
import { countPasskeys } from './passkeys.ts'

type Place = { readonly stateDir: string; readonly rpId: string }

const fileOf = (stateDir: string) => join(stateDir, 'admin', 'relying-party.json')

/**
 * Writes the domain down where none is, or where no passkey depends on it. Rejects with a
 * ProblemsError if there are passkeys of another domain.
 */
export async function requireSameDomain(
  store: Pick<AdminStore, 'queries'>,
  { stateDir, rpId }: Place,
): Promise<void> {
  const noted = readDomain(stateDir)
  if (noted === rpId) return
  const counts = await countPasskeys(store)
  const passkeys = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (noted === null || passkeys === 0) return noteDomain({ stateDir, rpId })
  const many = passkeys === 1 ? '1 passkey was' : `${passkeys} passkeys were`
  const what = `is ${rpId} now, but ${many} made for ${noted}, and would never work again`
  const remedy = `Set PASSKEY_RP_ID=${noted} if the console's name is below it, or give the people one-time links: npm run people -- move.`
  throw new ProblemsError([{ source: 'PASSKEY_RP_ID', what, remedy }])
}

/** Returns the domain that was written down; null if there is none. */
export function readDomain(stateDir: string): string | null {
  try {
    const { rpId } = JSON.parse(readFileSync(fileOf(stateDir), 'utf8')) as { rpId?: unknown }
    return typeof rpId === 'string' ? rpId : null
  } catch {
    return null
  }
}

/** Writes the domain down. Throws as `node:fs` does. */
export function noteDomain({ stateDir, rpId }: Place): void {
  const file = fileOf(stateDir)
  createOwnedFolder(dirname(file))
  createOwnedFile(file)
  chmodSync(file, 0o600)
  writeFileSync(file, `${JSON.stringify({ version: 1, rpId })}\n`)
}
