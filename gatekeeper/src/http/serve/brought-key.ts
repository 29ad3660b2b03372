import type { Attempts } from '../../credentials/attempts.ts'
import { readSplitKeyFields } from '../../credentials/split-key-fields.ts'
import type { SplitKeys } from '../../vault/split-keys.ts'
import type { FindBroughtKey } from './relay.ts'

type Deps = Pick<SplitKeys, 'join'> & Pick<Attempts, 'countFailure'>

/**
 * Returns a function that joins the split key of an admitted request. It runs after the limits, so
 * that nobody can have keys opened faster than the limits allow.
 */
export function createKeyFinder({ join, countFailure }: Deps): FindBroughtKey {
  return ({ facts: { service, clientAddress }, principal }, fields) => {
    const shown = service?.kind.provider === undefined ? null : readSplitKeyFields(fields)
    if (service === null || shown === null) return null
    // The checks have refused half a key already.
    if (shown === 'halved') return 'split-key-halved'
    // Only users of apps have keys; the user of an API key may have any name.
    const { id, part: clientPart } = shown
    const owner = principal.app === undefined ? null : principal.user
    const joined = owner === null ? null : join({ owner, id, clientPart }, service.name)
    return joined ?? countFailure(clientAddress, 'split-key-refused')
  }
}
