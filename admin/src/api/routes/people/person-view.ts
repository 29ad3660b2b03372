import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import { viewPerson } from '../../../../../gatekeeper/src/operations/people/read-people.ts'
import { lastSignIns } from '../../../store/last-sign-ins.ts'
import { countPasskeys } from '../../../store/passkeys.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { tagOf } from '../../etag.ts'

type ViewDeps = Pick<ApiDeps, 'store' | 'keys'>

/** Returns how to show people as they are now, with what `people.json` does not have. */
export async function createPersonViews({ store, keys }: ViewDeps) {
  const [passkeys, signIns] = [await countPasskeys(store), await lastSignIns(store)]
  const made = await countMade(keys)
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
async function countMade(keys: ViewDeps['keys']): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  const snapshot = await keys.now().catch(() => null)
  for (const { madeBy } of snapshot?.keys ?? []) {
    if (madeBy !== null) counts.set(madeBy, (counts.get(madeBy) ?? 0) + 1)
  }
  return counts
}

/** The tag of what `people.json` has about a person. */
export function tagOfPerson(person: Person): string {
  return tagOf(viewPerson(person))
}
