/**
 * Split keys of the users of apps (P8). Rows come sealed from the gatekeeper; a caller sees its own,
 * and those of others are like keys that do not exist.
 */
import { formatInstant } from '../../../gatekeeper/src/lib/instant.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import {
  readSplitKeyUse,
  type SplitKeyUse,
} from '../../../gatekeeper/src/operations/usage/split-key-use.ts'
import {
  addSplitKey,
  readSplitKeys,
  removeSplitKey,
  rotateSplitKey,
  SplitKeyError,
  type StoredSplitKey,
  sealedSplitKey,
  splitKeysMax,
} from '../../../gatekeeper/src/operations/vault/split-key-writer.ts'
import { type Answer, RefusedError } from './answer.ts'
import { type HandedOver, type Routes, readBody } from './handed-over.ts'
import { recordFor } from './record-for.ts'

/** Returns the functions that answer `/api/split-key`. */
export function splitKeyRoutes(installation: Installation): Routes {
  return {
    'POST /api/split-key/split': (handed) => write(handed, installation, addSplitKey),
    'POST /api/split-key/{id}/rotate': (handed) => write(handed, installation, rotateSplitKey),
    'GET /api/split-key': async (handed) => {
      const rows = await readOwn(handed, installation)
      const data = await describeAll(rows, handed, installation)
      return { status: 200, body: { success: true, data } }
    },
    'GET /api/split-key/{id}': async (handed) => {
      const rows = await readOwn(handed, installation)
      const [data] = await describeAll(
        rows.filter(({ id }) => id === handed.params['id']),
        handed,
        installation,
      )
      if (data === undefined) throw unknown()
      return { status: 200, body: { success: true, data } }
    },
    'DELETE /api/split-key/{id}': async (handed) => {
      const place = { owner: ownerOf(handed), id: handed.params['id'] ?? '' }
      const deps = depsOf(handed, installation)
      await orRefuse(() => removeSplitKey(installation.splitKeysFile, place, deps))
      return { status: 200, body: { success: true, message: 'The split key is removed.' } }
    },
  }
}

async function write(
  handed: HandedOver,
  installation: Installation,
  change: typeof addSplitKey,
): Promise<Answer> {
  const wanted = readBody(sealedSplitKey, handed)
  const owner = ownerOf(handed)
  const deps = depsOf(handed, installation)
  const row = await orRefuse(() => change(installation.splitKeysFile, owner, wanted, deps))
  const isNew = row.version === 1
  const message = isNew ? 'The key is split.' : 'The key has a new part; the old one is dead.'
  const data = { keyId: row.id, createdAt: formatInstant(row.createdAt) }
  return { status: isNew ? 201 : 200, body: { success: true, message, data } }
}

/** Keys belong to users of apps: another caller has none. */
function ownerOf({ principal }: HandedOver): string {
  if (principal.kind !== 'app') throw new RefusedError(403, 'Only users of apps have split keys.')
  return principal.user
}

async function readOwn(handed: HandedOver, { splitKeysFile }: Installation) {
  const owner = ownerOf(handed)
  return (await readSplitKeys(splitKeysFile)).filter((row) => row.owner === owner)
}

async function describeAll(
  rows: readonly StoredSplitKey[],
  { principal }: HandedOver,
  { stateDir, providerOrigins }: Installation,
) {
  const uses = await readSplitKeyUse(stateDir, principal.id, rows)
  return rows.map((row) => describe(row, uses.get(row.id), providerOrigins))
}

function describe(
  { id, provider, origin, description, version, createdAt }: StoredSplitKey,
  use: SplitKeyUse | undefined,
  origins: Readonly<Record<string, string>>,
) {
  return {
    ...{ keyId: id, apiProvider: provider, description, version },
    // A key is for one address: if another one is configured now, it cannot be used.
    isActive: Object.hasOwn(origins, provider) && origins[provider] === origin,
    useCount: use?.count ?? 0,
    lastUsedAt: use === undefined ? null : formatInstant(use.lastAt),
    createdAt: formatInstant(createdAt),
  }
}

function depsOf(handed: HandedOver, installation: Installation) {
  return { clock: installation.clock, record: recordFor(handed, installation) }
}

const unknown = () => new RefusedError(404, 'There is no such split key.')

async function orRefuse<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    throw error instanceof SplitKeyError ? toRefusal(error) : error
  }
}

function toRefusal({ why }: SplitKeyError): RefusedError {
  switch (why) {
    case 'unknown':
      return unknown()
    case 'taken':
      return new RefusedError(409, 'You have a split key with this id already.')
    case 'too-many':
      return new RefusedError(409, `A user has at most ${splitKeysMax} split keys. Remove one.`)
    case 'changed':
      return new RefusedError(409, 'The split key has changed meanwhile. Rotate it again.')
    default:
      return why satisfies never
  }
}
