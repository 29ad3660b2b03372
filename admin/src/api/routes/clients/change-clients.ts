import {
  ClientIdError,
  type ClientWriterDeps,
  type StoredClient,
} from '../../../../../gatekeeper/src/operations/clients/client-writer.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import type { Call } from '../../endpoint.ts'
import { refuseChanged, tagOf } from '../../etag.ts'
import { mayChange, scopeOf } from '../../scope.ts'
import { toFileRefusal } from '../file-refusal.ts'

type AnyCall = Pick<Call<unknown, unknown, unknown>, 'record' | 'ifMatch' | 'caller'>

/** Returns what the writer works with; a change is refused if the client is not as it was seen. */
export function writerDeps(
  { record, ifMatch, caller }: AnyCall,
  { clock }: Pick<ApiDeps, 'clock'>,
): ClientWriterDeps {
  const judge = (client: StoredClient | null) => {
    if (client === null) return
    if (!mayChange(scopeOf(caller), client)) throw unknownClient()
    refuseChanged(ifMatch, tagOf(client))
  }
  return { clock, record, judge }
}

/** Makes a change of the file. Rejects with an ApiError. */
export async function changeClientFile<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    throw toClientRefusal(error)
  }
}

export const unknownClient = () => new ApiError('not_found', 'There is no client with this id.')

export function toClientRefusal(error: unknown): unknown {
  if (error instanceof ClientIdError) {
    return error.exists ? new ApiError('exists', 'A client with this id exists.') : unknownClient()
  }
  return toFileRefusal(error)
}
