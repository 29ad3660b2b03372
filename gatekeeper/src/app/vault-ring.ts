/** The ring of the vault in use: made, followed by its public half, and extended on request. */

import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { addVaultKey, readVaultFolder } from '../config/vault-keys.ts'
import type { NotDone, VaultActs } from '../http/control/vault.ts'
import { writeFileAtomic } from '../lib/files/atomic-write.ts'
import { createOwnedFolder } from '../lib/files/create-owned.ts'
import { ProblemsError } from '../lib/problem.ts'
import { keyBytes } from '../vault/envelope.ts'
import { createRing, type Ring, type RingKey, writeRecipient } from '../vault/ring.ts'
import type { AppDeps } from './app-deps.ts'
import type { AuditPart } from './parts/audit.ts'

export type OpenRing = Pick<VaultActs, 'ensure' | 'rotate'> & {
  /** Null until a key is made. */
  readonly current: () => Ring | null
  /** Returns the ids of the keys in use that stand in no file any more; a start would lose them. */
  readonly lost: () => { readonly kids: readonly string[] } | NotDone
}

type Deps = AppDeps & Pick<AuditPart, 'recordAct'>

/**
 * Reads the ring and writes its public half. The first key is made when a provider is configured, or
 * when a command asks for it: most installations need none. Rejects with a ProblemsError if a file of
 * the ring is broken.
 */
export async function openRing(deps: Deps): Promise<OpenRing> {
  const { settings, services, log } = deps
  let ring = createRing(read(deps))
  const findLost = () => {
    const stored = createRing(read(deps)) ?? []
    return (ring ?? []).filter(({ kid }) => stored.every((one) => one.kid !== kid))
  }
  const add = async () => {
    const lost = findLost()
    const key = randomBytes(keyBytes)
    const [{ kid }] = createRing([key]) as Ring
    await deps.recordAct({ event: 'vault.rotated', kid })
    const file = await addVaultKey(settings.vault.folder, key, deps.clock())
    const [newest, ...older] = createRing(read(deps)) as Ring
    // What is sealed to a key without a file can be sealed again as long as this process has it.
    ring = [newest, ...older, ...lost]
    await publish(ring[0], deps)
    log.info({ file }, 'a key of the vault was made: back it up, or what it seals is lost with it')
    return { kid, file }
  }
  const tryAdd = () => add().catch((error: NodeJS.ErrnoException) => describe(error, deps))
  // It is there from the first start, so that Compose can hide it from the admin process.
  createOwnedFolder(dirname(settings.vault.publicFile))
  if (ring !== null) await publish(ring[0], deps)
  else if (services.some(({ kind }) => kind.provider !== undefined)) {
    const added = await tryAdd()
    if ('remedy' in added) log.warn({ remedy: added.remedy }, added.what)
  }
  return {
    current: () => ring,
    lost: () => {
      try {
        return { kids: findLost().map(({ kid }) => kid) }
      } catch (error) {
        return describe(error as Error, deps)
      }
    },
    ensure: async () => {
      const made = ring === null ? await tryAdd() : null
      if (ring === null) return made as NotDone
      return { kid: ring[0].kid, recipient: writeRecipient(ring[0]) }
    },
    rotate: async () => (settings.vault.keys.length > 0 ? inSetting : await tryAdd()),
  }
}

function read({ settings }: Deps): readonly Buffer[] {
  const { keys, folder } = settings.vault
  return keys.length > 0 ? keys : readVaultFolder(folder)
}

/** Whoever seals reads this file and nothing else of the vault. */
async function publish(newest: RingKey, { settings }: Deps): Promise<void> {
  await writeFileAtomic(settings.vault.publicFile, writeRecipient(newest))
}

const inSetting: NotDone = {
  what: 'the keys of the vault are in GATEKEEPER_VAULT_KEY, where the gatekeeper cannot write',
  remedy:
    'Write a new key (openssl rand -base64 32) and a comma before the others there, restart, then: npm run vault -- rewrap.',
}

function describe(error: NodeJS.ErrnoException, { settings }: Deps): NotDone {
  const { folder } = settings.vault
  const [problem] = error instanceof ProblemsError ? error.problems : []
  if (problem !== undefined) {
    return { what: `${problem.source} ${problem.what}`, remedy: problem.remedy }
  }
  const { code, message } = error
  return {
    what: `the vault cannot make a key in ${folder} (${code ?? message})`,
    remedy: 'Make the folder writable for the user that the gatekeeper runs as.',
  }
}
