import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import { readEveryClient } from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'

/**
 * Returns the person who answers for what a caller makes: the caller, or whoever made the client of
 * the caller's token. Otherwise a person could have a client make keys that outlive the person's own
 * rights. Null for a client that names nobody.
 */
export async function makerOf(
  { person, name }: Caller,
  { installation, people }: Pick<ApiDeps, 'installation' | 'people'>,
): Promise<Person | null> {
  if (person !== null) return person
  const client = (await readEveryClient(installation)).find(({ id }) => id === name)
  if (client === undefined || client.madeBy === null) return null
  const maker = people.find(client.madeBy)
  if (maker !== null && !maker.disabled) return maker
  throw new ApiError('role', 'The person who made this client has no rights any more.')
}
