import type { StoredKey } from '../../../../../gatekeeper/src/operations/keys/key-index.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { scopeOf } from '../../scope.ts'

/** The most keys that a member may have made. */
export const memberKeysMax = 20

/** Returns the maker to whom a list is narrowed; null for callers who see every key. */
export function makerSeen(caller: Caller): string | null {
  const { seesAll, personId } = scopeOf(caller)
  if (seesAll) return null
  if (personId === null) throw new ApiError('role', 'This caller owns no keys.')
  return personId
}

type Made = { readonly madeBy?: string | null }

export function isSeen(key: Made, caller: Caller): boolean {
  const { seesAll, personId } = scopeOf(caller)
  return seesAll || (personId !== null && key.madeBy === personId)
}

export function isChangeable(key: Made, caller: Caller): boolean {
  const { changesAll, personId } = scopeOf(caller)
  return changesAll || (personId !== null && key.madeBy === personId)
}

/** Returns the key, or throws as for a key that does not exist. */
export function requireSeen(key: StoredKey | null, caller: Caller): StoredKey {
  if (key === null || !isSeen(key, caller)) throw unknownKey()
  return key
}

/** Returns the key, or throws as for a key that does not exist. */
export function requireChangeable(key: StoredKey | null, caller: Caller): StoredKey {
  if (key === null || !isChangeable(key, caller)) throw unknownKey()
  return key
}

export const unknownKey = () => new ApiError('not_found', 'There is no key with this id.')
