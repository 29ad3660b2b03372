import { readEveryClient } from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import type { StoredKey } from '../../../../../gatekeeper/src/operations/keys/key-index.ts'
import type { UsageScope } from '../../../../../gatekeeper/src/operations/usage/sums/read-sums.ts'
import type { ApiDeps } from '../../api-deps.ts'
import type { Caller } from '../../caller.ts'
import { isInScope, isOwnUse, type Scope, scopeOf } from '../../scope.ts'

const nobody: UsageScope = { user: null, keys: new Set() }

type Deps = Pick<ApiDeps, 'installation' | 'keys' | 'people'>

/**
 * Returns whose requests the caller sees: everybody's; those of the keys, clients and apps of the
 * team; or those of the own user name and of the keys and clients that the person made. For a member
 * of a team the own user name is that of keys of the team. A `user` narrows it; a user out of scope has
 * no requests.
 */
export async function usageScopeOf(
  caller: Caller,
  deps: Deps,
  user?: string,
): Promise<UsageScope | null> {
  const scope = scopeOf(caller)
  const { seesAll, personId, userName, team } = scope
  if (seesAll) return user === undefined ? null : { user, keys: new Set() }
  if (team !== null) return await scopeOfTeam(scope, deps, user)
  if (userName === null || personId === null) return nobody
  if (scope.ownTeam !== null) {
    if (user !== undefined && user !== userName) return nobody
    const keys = await principalsIn(scope, deps)
    return { user: null, keys, onlyUser: user, refused: new Set([userName]) }
  }
  if (user !== undefined) return user === userName ? { user, keys: new Set() } : nobody
  return { user: userName, keys: await principalsIn(scope, deps) }
}

/** Refusals are counted by user alone, so only those of people of the team can be told apart. */
async function scopeOfTeam(scope: Scope, deps: Deps, user?: string): Promise<UsageScope> {
  const people = deps.people.all().filter((person) => isInScope(scope, person))
  const names = people.map(({ name }) => name)
  return {
    user: null,
    keys: await principalsIn(scope, deps),
    onlyUser: user,
    refused: new Set(names.filter((name) => user === undefined || name === user)),
  }
}

/** The principals of keys, clients, and users of apps. */
async function principalsIn(
  scope: Scope,
  { installation, keys }: Deps,
): Promise<UsageScope['keys']> {
  const isSeen = (key: StoredKey) => isInScope(scope, key) || isOwnUse(scope, key)
  const known = (await keys.now()).keys.filter(isSeen)
  const clients = (await readEveryClient(installation)).filter((one) => isInScope(scope, one))
  const principals = new Set([
    ...known.map(({ id }) => `key:${id}`),
    ...clients.map(({ id }) => `client:${id}`),
  ])
  // Users of apps have a principal each, and nobody knows all of them.
  const apps = scope.team === null ? new Set<string>() : new Set(clients.map(({ id }) => id))
  const appOf = (principal: string) => /^app:([^:]+):/.exec(principal)?.[1]
  return { has: (one) => principals.has(one) || apps.has(appOf(one) ?? '') }
}
