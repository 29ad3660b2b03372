import { readEveryClient } from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import type { UsageScope } from '../../../../../gatekeeper/src/operations/usage/sums/read-sums.ts'
import type { ApiDeps } from '../../api-deps.ts'
import type { Caller } from '../../caller.ts'
import { scopeOf } from '../../scope.ts'

const nobody: UsageScope = { user: null, keys: new Set() }

/**
 * Returns whose requests the caller sees: everybody's, or those of the own user name and of the keys
 * and clients that the person made. A `user` narrows it; a user out of scope has no requests.
 */
export async function usageScopeOf(
  caller: Caller,
  deps: Pick<ApiDeps, 'installation' | 'keys'>,
  user?: string,
): Promise<UsageScope | null> {
  const { seesAll, personId, userName } = scopeOf(caller)
  if (seesAll) return user === undefined ? null : { user, keys: new Set() }
  if (userName === null || personId === null) return nobody
  if (user !== undefined) return user === userName ? { user, keys: new Set() } : nobody
  return { user: userName, keys: await principalsMadeBy(personId, deps) }
}

async function principalsMadeBy(
  personId: string,
  { installation, keys }: Pick<ApiDeps, 'installation' | 'keys'>,
): Promise<ReadonlySet<string>> {
  const made = ({ madeBy = null }: { readonly madeBy?: string | null }) => madeBy === personId
  const ownKeys = (await keys.now()).keys.filter(made).map(({ id }) => `key:${id}`)
  const clients = (await readEveryClient(installation)).filter(made)
  return new Set([...ownKeys, ...clients.map(({ id }) => `client:${id}`)])
}
