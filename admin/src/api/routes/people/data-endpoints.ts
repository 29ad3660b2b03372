/** The copy of a person's data, and its erasure (GDPR, Articles 15, 17 and 20). */

import { z } from 'zod'
import type { RecordActs } from '../../../../../gatekeeper/src/operations/audit/record-acts.ts'
import { erasePerson } from '../../../../../gatekeeper/src/operations/people/erase-person.ts'
import { exportPerson } from '../../../../../gatekeeper/src/operations/people/export-person.ts'
import { UnknownPersonError } from '../../../../../gatekeeper/src/operations/people/find-person.ts'
import { describePerson } from '../../../store/forget-person.ts'
import { ApiError } from '../../api-error.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { idParams } from '../passkeys/schema.ts'
import { changers, requireFound, requireRank } from './guard.ts'
import type { PeopleDeps } from './read-endpoints.ts'
import { erasedView } from './schema.ts'
import { removeWhole } from './write-endpoints.ts'

/** Returns the rows about a person's data. */
export function peopleDataEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  const { people, installation, store } = deps
  return [
    defineEndpoint({
      method: 'GET',
      path: '/people/:id/export',
      summary: 'Streams everything that is stored about the person, as JSON.',
      roles: changers,
      stepUp: 'data.export',
      params: idParams,
      answers: { 200: z.record(z.string(), z.unknown()) },
      handle: async ({ params, record, caller }) => {
        const { id, name } = requireFound(people.find(params.id), caller)
        const lines = exportPerson(
          name,
          { ...installation, record },
          { describeSignin: (of) => describePerson(store, of) },
        )
        return {
          status: 200,
          stream: { type: 'application/json; charset=utf-8', chunks: await begin(lines) },
          fields: {
            'content-disposition': `attachment; filename="person-${id}.json"`,
            'cache-control': 'no-store',
          },
        }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/people/:id/erase',
      summary:
        'Removes the person with their keys and rights, and their name from usage and audit.',
      roles: changers,
      event: 'data.erased',
      stepUp: 'data.erase',
      params: idParams,
      answers: { 200: erasedView },
      handle: async (call) => {
        const { caller, params, record } = call
        if (caller.person?.id === params.id) {
          throw new ApiError('conflict', 'This is you. Somebody else has to do this.')
        }
        requireFound(people.find(params.id), caller)
        const { name } = await removeWhole(params.id, call, deps, ({ role }) =>
          requireRank(caller, role),
        )
        return { status: 200, body: await erase(name, record, deps) }
      },
    }),
  ]
}

/** Waits for the first line, so that a fault is still answered as one. */
async function begin(lines: AsyncGenerator<string>): Promise<AsyncGenerator<string>> {
  try {
    const first = await lines.next()
    return withBreaks(first.done === true ? null : first.value, lines)
  } catch (error) {
    if (!(error instanceof UnknownPersonError)) throw error
    throw new ApiError('not_found', 'Nothing is stored about this person.')
  }
}

async function* withBreaks(first: string | null, lines: AsyncGenerator<string>) {
  if (first !== null) yield `${first}\n`
  for await (const line of lines) yield `${line}\n`
}

/** The record of the removal has the name: so there is always something to erase. */
async function erase(name: string, record: RecordActs, { installation }: PeopleDeps) {
  try {
    const { reference, keys, left } = await erasePerson(name, { ...installation, record })
    return { reference, keys, left }
  } catch (error) {
    if (error instanceof UnknownPersonError) return { reference: null, keys: [], left: [] }
    throw error
  }
}
