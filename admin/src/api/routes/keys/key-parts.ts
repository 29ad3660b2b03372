import type { Clock } from '../../../../../gatekeeper/src/lib/clock.ts'
import type { KeyListDeps } from '../../../../../gatekeeper/src/operations/keys/key-list.ts'
import {
  createLastUses,
  type LastUses,
} from '../../../../../gatekeeper/src/operations/usage/last-uses.ts'
import type { ApiDeps } from '../../api-deps.ts'

/** What the endpoints of keys share: also when each key was last used. */
export type KeyParts = ApiDeps & { readonly lastUses: () => Promise<LastUses> }

export function openKeyParts(deps: ApiDeps): KeyParts {
  const { installation, clock } = deps
  const lastUses = createLastUses('key', { stateDir: installation.stateDir, clock })
  return Object.assign({}, deps, { lastUses })
}

/** Returns what lists and views of keys judge states by. */
export function listDepsOf({ byId, problem }: LastUses, clock: Clock): KeyListDeps {
  return { now: clock(), lastUsedAt: byId, isUseKnown: problem === null }
}
