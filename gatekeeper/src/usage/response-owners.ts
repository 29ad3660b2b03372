import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** The owner of a stored answer, or of an item of one: the principal's id, at a service. */
type Owned = { readonly service: string; readonly principal: string; readonly id: string }

/**
 * Remembers who owns the newest answers that upstreams store under ids, and nothing else: a few
 * hundred bytes each, however long an id is, in this process only. Forgotten or foreign answers
 * have no owner.
 */
export function createResponseOwners({ max = 10_000 } = {}) {
  const owners = new LRUCache<string, string>({ max })
  const nameOf = ({ service, id }: Owned) => hash('sha256', JSON.stringify([service, id]), 'base64')
  return {
    remember: (owned: Owned): void => {
      const name = nameOf(owned)
      // An upstream that issues an id twice must not transfer another caller's answer.
      const isOthers = (owners.get(name) ?? owned.principal) !== owned.principal
      owners.set(name, isOthers ? nobody : owned.principal)
    },
    isOwn: (owned: Owned): boolean => owners.get(nameOf(owned)) === owned.principal,
  }
}

/** No principal has this id: all of theirs contain their kind. */
const nobody = ''
