import { join } from 'node:path'
import type { VaultActs } from '../../http/control/vault.ts'
import type { FollowedFile } from '../../lib/files/follow-file.ts'
import { formatProblem, type Problem } from '../../lib/problem.ts'
import { accountOf, type Service } from '../../model/service.ts'
import { parseProviderFile } from '../../vault/provider-file.ts'
import { createProviderKeys, type ProviderKeys } from '../../vault/provider-keys.ts'
import { parseSplitKeyFile } from '../../vault/split-key-file.ts'
import { createSplitKeys, type SplitKeys } from '../../vault/split-keys.ts'
import type { AppDeps } from '../app-deps.ts'
import { followDocument } from '../follow-document.ts'
import type { Part } from '../part.ts'
import { type OpenRing, openRing } from '../vault-ring.ts'
import type { AuditPart } from './audit.ts'

export type VaultPart = Part & {
  /** The key that a service is called with: the vault's, else the one of the configuration. */
  readonly keyOf: (service: Service) => string | null
  readonly acts: VaultActs
  readonly splitKeys: SplitKeys
  /** Reads the document of split keys again. */
  readonly reloadSplitKeys: () => Promise<void>
}

type Audit = Pick<AuditPart, 'recordChange' | 'recordAct'>

/**
 * Opens the vault. Rejects with a ProblemsError if a private key or `providers.json` is broken. A row
 * that cannot be used is a problem of this part, and stops nothing.
 */
export async function openVault(deps: AppDeps, audit: Audit): Promise<VaultPart> {
  const { settings, services, scratchDir } = deps
  // A process that only explains calls nobody, so it reads no private key.
  const ring = scratchDir === undefined ? await openRing({ ...deps, ...audit }) : noRing
  const source = join(settings.keysDir, 'providers.json')
  const inUse = {
    ring: ring.current,
    originOf: (name: string) => originOf(name, services),
  }
  const { log } = deps
  const rows = await followDocument(source, {
    ...{ name: 'providers', parse: parseProviderFile, log },
    recordChange: audit.recordChange,
  })
  const keys = createProviderKeys({ rows: rows.current, ...inUse })
  const path = join(settings.keysDir, 'split-keys.json')
  const splitRows = await followDocument(path, {
    name: 'split keys',
    parse: parseSplitKeyFile,
    log,
  })
  const splitKeys = createSplitKeys({ rows: splitRows.current, ...inUse })
  const faults = () => (scratchDir === undefined ? faultsOf(source, keys) : [])
  for (const fault of faults()) log.error(formatProblem(fault))
  warnOfTwo(deps, keys)
  return {
    name: 'vault',
    keyOf: (service) => keys.keyOf(accountOf(service)) ?? service.upstream?.key ?? null,
    problems: () => [...rows.problems(), ...splitRows.problems(), ...faults()],
    acts: { ...ring, ...actsOf({ keys, splitKeys, ring, documents: [rows, splitRows] }) },
    splitKeys,
    reloadSplitKeys: splitRows.reload,
    close: () => {
      rows.close()
      splitRows.close()
    },
  }
}

const noRing: OpenRing = {
  current: () => null,
  lost: () => ({ kids: [] }),
  ensure: () => Promise.reject(new Error('not here')),
  rotate: () => Promise.reject(new Error('not here')),
}

function originOf(name: string, services: readonly Service[]): string | null {
  const service = services.find((one) => one.name === name && one.kind.provider !== undefined)
  return service?.upstream?.origin ?? null
}

function faultsOf(source: string, keys: ProviderKeys): Problem[] {
  return keys.judge().flatMap(({ fault }) => (fault === null ? [] : [{ source, ...fault }]))
}

/** Two keys for one provider: only one can be used, and a person may mean the other. */
function warnOfTwo({ services, log }: AppDeps, keys: ProviderKeys): void {
  for (const { name, kind, upstream } of services) {
    if (kind.provider === undefined || upstream?.key == null || keys.keyOf(name) === null) continue
    const remedy = `Remove the key of ${name} from the environment and from gatekeeper.yaml.`
    log.warn({ remedy }, `${name} is called with the key of the vault, not with the configured one`)
  }
}

type Sealed = {
  readonly keys: ProviderKeys
  readonly splitKeys: SplitKeys
  readonly ring: OpenRing
  readonly documents: readonly Pick<FollowedFile<unknown>, 'reload'>[]
}

function actsOf({
  keys,
  splitKeys,
  ring,
  documents,
}: Sealed): Pick<VaultActs, 'verify' | 'rewrap'> {
  const reload = () => Promise.all(documents.map((document) => document.reload()))
  return {
    verify: async () => {
      await reload()
      const kids = ring.current()?.map(({ kid }) => kid) ?? []
      const lost = ring.lost()
      if ('remedy' in lost) return lost
      return { kids, lost: lost.kids, providers: keys.judge(), splitKeys: splitKeys.count() }
    },
    rewrap: async () => {
      await reload()
      return { providers: keys.rewrap(), splitKeys: splitKeys.rewrap() }
    },
  }
}
