import type { StoredKey } from '../../../../../gatekeeper/src/operations/keys/key-index.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { isInScope, mayChange, type Owned, scopeOf } from '../../scope.ts'

/** The most keys that a member may have made. */
export const memberKeysMax = 20

export function isSeen(key: Owned, caller: Caller): boolean {
  return isInScope(scopeOf(caller), key)
}

export function isChangeable(key: Owned, caller: Caller): boolean {
  return mayChange(scopeOf(caller), key)
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
