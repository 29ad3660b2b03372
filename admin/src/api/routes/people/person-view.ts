import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import { viewPerson } from '../../../../../gatekeeper/src/operations/people/read-people.ts'
import { lastSignIns } from '../../../store/last-sign-ins.ts'
import { countPasskeys } from '../../../store/passkeys.ts'
import type { ApiDeps } from '../../api-deps.ts'
import type { Caller } from '../../caller.ts'
import { tagOf } from '../../etag.ts'
import { isInScope, scopeOf } from '../../scope.ts'

type ViewDeps = Pick<ApiDeps, 'store' | 'keys'>

/** Returns how to show people to a caller as they are now, with what `people.json` does not have. */
export async function createPersonViews(caller: Caller, { store, keys }: ViewDeps) {
  const [passkeys, signIns] = [await countPasskeys(store), await lastSignIns(store)]
  const made = await countMade(caller, keys)
  const lastSignInOf = (id: string) => signIns.get(id) ?? null
  const view = (person: Person) => {
    const at = lastSignInOf(person.id)
    return {
      ...viewPerson(person),
      passkeys: passkeys.get(person.id) ?? 0,
      keys: made.get(person.id) ?? 0,
      lastSignInAt: at === null ? null : formatInstant(at),
    }
  }
  return { view, lastSignInOf }
}

/** A broken file of keys must not hide the people. */
async function countMade(
  caller: Caller,
  keys: ViewDeps['keys'],
): Promise<ReadonlyMap<string, number>> {
  const scope = scopeOf(caller)
  const counts = new Map<string, number>()
  const snapshot = await keys.now().catch(() => null)
  for (const { madeBy, team } of snapshot?.keys ?? []) {
    if (!isInScope(scope, { team })) continue
    if (madeBy !== null) counts.set(madeBy, (counts.get(madeBy) ?? 0) + 1)
  }
  return counts
}

/** The tag of what `people.json` has about a person. */
export function tagOfPerson(person: Person): string {
  return tagOf(viewPerson(person))
}
