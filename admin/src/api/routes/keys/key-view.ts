import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type { StoredKey } from '../../../../../gatekeeper/src/operations/keys/key-index.ts'
import {
  type KeyListDeps,
  listedStatesOf,
} from '../../../../../gatekeeper/src/operations/keys/key-list.ts'
import { isOver, stateOf } from '../../../../../gatekeeper/src/operations/keys/key-view.ts'
import { askStandings, type Standings, viewLimits } from './key-limits.ts'
import { type KeyParts, listDepsOf } from './key-parts.ts'
import type { KeyView } from './schema.ts'

/** Returns keys as the API shows them: all of them except their hashes. */
export async function viewKeys(
  keys: readonly StoredKey[],
  parts: KeyParts,
): Promise<readonly KeyView[]> {
  const [standings, uses] = await Promise.all([askStandings('keys', keys, parts), parts.lastUses()])
  const deps = { ...listDepsOf(uses, parts.clock), people: parts.people, standings }
  return keys.map((key) => viewKey(key, deps))
}

type Deps = KeyListDeps & Pick<KeyParts, 'people'> & { readonly standings: Standings }

const instant = (at: number | null) => (at === null ? null : formatInstant(at))

function viewKey(key: StoredKey, deps: Deps): KeyView {
  const states = listedStatesOf(key, deps)
  const { madeBy, team } = key
  return {
    ...{ id: key.id, user: key.user, role: key.role, services: [...key.services] },
    unknownServices: [...key.unknownServices],
    ...{ description: key.description, tags: [...key.tags] },
    ...{ state: stateOf(key, deps.now), disabled: key.disabled },
    ...{ isExpiring: states.includes('expiring'), isUnused: states.includes('unused') },
    ...viewMaker(madeBy, deps.people),
    ...{ createdAt: instant(key.createdAt), expiresAt: instant(key.expiresAt) },
    ...{ noExpiryReason: key.noExpiryReason, team },
    lastUsedAt: instant(deps.lastUsedAt.get(key.id) ?? null),
    ...{ models: [...key.models], addresses: [...key.addresses], origins: [...key.origins] },
    limits: viewLimits(key, deps.standings),
    ...{ cloudModels: key.cloudModels, caps: key.caps, weight: key.weight },
    rotation: viewRotation(key, deps.now),
  }
}

/**
 * Who made it, and why that stops it: a key does no more than the person who made it, so nothing
 * without that person's access.
 */
export function viewMaker(madeBy: string | null, people: KeyParts['people']) {
  if (madeBy === null) return { madeBy, madeByName: null, makerProblem: null }
  const person = people.find(madeBy)
  if (person === null) return { madeBy, madeByName: null, makerProblem: 'gone' as const }
  const ofEnabled = person.access === null ? ('no-access' as const) : null
  const makerProblem = person.disabled ? ('disabled' as const) : ofEnabled
  return { madeBy, madeByName: person.name, makerProblem }
}

/** The older of two secrets that both work. */
function viewRotation({ secrets }: StoredKey, now: number): KeyView['rotation'] {
  const living = secrets.filter(({ expiresAt }) => !isOver(expiresAt, now))
  const [old] = living
  return living.length < 2 || old === undefined ? null : { oldUntil: instant(old.expiresAt) }
}
