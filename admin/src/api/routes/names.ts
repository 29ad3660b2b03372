/** What names and ids a caller may give. */
import { usageSumsOf } from '../../../../gatekeeper/src/operations/usage/sums/usage-sums.ts'

import type { ApiDeps } from '../api-deps.ts'
import { ApiError } from '../api-error.ts'
import type { Caller } from '../caller.ts'
import { isInScope, scopeOf } from '../scope.ts'

/**
 * Throws an ApiError if the name is that of a person or of a key's user out of the caller's team.
 * Services take the user for who somebody is, limits count by it, and both are of every team.
 */
export async function requireOwnTeamsName(
  caller: Caller,
  name: string,
  { people, keys }: Pick<ApiDeps, 'people' | 'keys'>,
): Promise<void> {
  const scope = scopeOf(caller)
  if (!scope.changesTeam) return
  const person = people.named(name)
  const isForeign = (await keys.now()).keys.some(
    (key) => key.user === name && !isInScope(scope, { team: key.team }),
  )
  if (!isForeign && (person === null || isInScope(scope, person))) return
  throw new ApiError('exists', 'This name is taken by somebody else.')
}

/**
 * Throws an ApiError if a key or client with this id was used before and is gone: its use is for whoever
 * sees everything, and would be that of the new one too.
 */
export async function requireUnusedId(
  caller: Caller,
  { kind, id }: { readonly kind: 'key' | 'client'; readonly id: string },
  { installation }: Pick<ApiDeps, 'installation'>,
): Promise<void> {
  if (scopeOf(caller).seesAll) return
  const users = kind === 'client' ? `app:${id}:` : `key:${id}/`
  const callers = await usageSumsOf(installation).callers()
  if (callers.every(({ key }) => key !== `${kind}:${id}` && !key.startsWith(users))) return
  throw new ApiError('exists', 'This id was used before. Choose another one.')
}
