import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Whose an answer, or an item of one, is that an upstream keeps: the principal's id, at a service. */
type Owned = { readonly service: string; readonly principal: string; readonly id: string }

/**
 * Remembers whose the newest answers are that upstreams keep under ids, and nothing else of them: a
 * few hundred bytes each however long an id is, in this process only. What is forgotten, or was made elsewhere, is nobody's.
 */
export function createResponseOwners({ max = 10_000 } = {}) {
  const owners = new LRUCache<string, string>({ max })
  const nameOf = ({ service, id }: Owned) => hash('sha256', JSON.stringify([service, id]), 'base64')
  return {
    remember: (owned: Owned): void => {
      const name = nameOf(owned)
      // An upstream that gives an id twice must not hand over what was another's.
      const isOthers = (owners.get(name) ?? owned.principal) !== owned.principal
      owners.set(name, isOthers ? nobody : owned.principal)
    },
    isOwn: (owned: Owned): boolean => owners.get(nameOf(owned)) === owned.principal,
  }
}

/** No principal has this id: all of theirs say of what kind they are. */
const nobody = ''
