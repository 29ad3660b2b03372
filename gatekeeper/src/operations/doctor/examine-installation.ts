/**
 * The doctor's examinations that need no more than the files of the installation. Those of Caddy, of
 * compose files and of the machine are in `scripts/doctor/`, since they need the clone.
 */
import { loadGateway } from '../../config/load-gateway.ts'
import { readTextFile } from '../../lib/files/text-file.ts'
import type { Installation } from '../installation.ts'
import { type InstallationContext, systemSurroundings } from './context.ts'
import type { Examination } from './examination.ts'
import { addresses } from './examinations/addresses.ts'
import { clients } from './examinations/clients.ts'
import { compliance } from './examinations/compliance.ts'
import { control } from './examinations/control.ts'
import { disk } from './examinations/disk.ts'
import { keys } from './examinations/keys.ts'
import { people } from './examinations/people.ts'
import { plainKeys } from './examinations/plain-keys.ts'
import { vaultRows } from './examinations/vault.ts'
import { examineAll, type Result } from './examine-all.ts'
import { readKeySets } from './key-sets.ts'

/**
 * In the order of the doctor's report. The admin process has only some of the settings, and in a
 * container neither the secrets nor the public half of the vault's key, so it judges none of these.
 */
const examinations: readonly Examination[] = [
  ...[vaultRows, keys, plainKeys, clients, people, addresses, compliance, control, disk],
]

/** What only `npm run doctor` examines, by the names in its report. */
export const onlyByCommand: readonly string[] = [
  ...[
    'settings',
    'the key of the vault',
    'Caddy and Caddyfile',
    'hosts',
    'secrets',
    'files',
    'ports',
    'upstreams',
    'cloud models',
  ],
  ...['versions', 'certificates', 'clock'],
]

export type Examined = { readonly at: number; readonly results: readonly Result[] }

/** Examining reads every key and a day of the audit, so an answer is good for this long. */
const keptMs = 30_000

type Kept = { readonly at: number; readonly examined: Promise<Examined> }
const kept = new WeakMap<Installation, Kept>()

/**
 * Examines the installation. Callers within half a minute, or while it runs, share one examination.
 * Never rejects for what an examination finds.
 */
export function examineInstallation(installation: Installation): Promise<Examined> {
  const { clock } = installation
  const last = kept.get(installation)
  if (last !== undefined && clock() - last.at < keptMs) return last.examined
  const examined = last === undefined ? examineNow(installation) : after(last, installation)
  kept.set(installation, { at: clock(), examined })
  // A failure is told to those who wait for it, and kept for nobody.
  examined.catch(() => kept.delete(installation))
  return examined
}

/** Two never run at once: one that takes longer than its answer is good for is waited for. */
async function after({ examined }: Kept, installation: Installation): Promise<Examined> {
  await examined.catch(() => {})
  return await examineNow(installation)
}

async function examineNow(installation: Installation): Promise<Examined> {
  const context = await readContext(installation)
  return { at: installation.clock(), results: await examineAll(context, examinations) }
}

async function readContext({ settings, clock }: Installation): Promise<InstallationContext> {
  const gateway = loadGateway(settings, readTextFile)
  return {
    ...{ settings, gateway, settingProblems: [], settingWarnings: [] },
    keySets: await readKeySets(settings, gateway.services),
    outside: systemSurroundings(clock),
  }
}
