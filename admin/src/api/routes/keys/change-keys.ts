/** Changes of keys under the lock of their file, and what refuses them. */
import type { KeyDocument } from '../../../../../gatekeeper/src/operations/keys/key-entry.ts'
import {
  readEntry,
  versionOfKey,
} from '../../../../../gatekeeper/src/operations/keys/key-version.ts'
import {
  type KeyWriterDeps,
  TakenKeyIdError,
  UnknownKeyError,
} from '../../../../../gatekeeper/src/operations/keys/key-writer.ts'
import { ApiError } from '../../api-error.ts'
import type { Call } from '../../endpoint.ts'
import { refuseChanged } from '../../etag.ts'
import { toFileRefusal } from '../file-refusal.ts'
import type { KeyParts } from './key-parts.ts'
import { memberKeysMax, requireChangeable, unknownKey } from './own-keys.ts'

type AnyCall = Pick<Call<unknown, unknown, unknown>, 'record' | 'caller' | 'ifMatch'>

/** Returns what the writer works with: it records the acts with the caller who asked for them. */
export function writerDeps(
  { record }: AnyCall,
  { installation, clock }: KeyParts,
  judge: (document: KeyDocument) => void,
): KeyWriterDeps {
  return { clock, known: installation.services, record, judge }
}

/**
 * Returns a call that records as acts do that only take rights away: nobody is kept from them by an
 * audit that cannot be written.
 */
export function ending<
  Ending extends Pick<Call<unknown, unknown, unknown>, 'record' | 'recordEnded'>,
>(call: Ending): Ending {
  return Object.assign({}, call, { record: call.recordEnded })
}

/** Whether a change only disables. */
export function isDisabling(body: { readonly disabled?: boolean | undefined }): boolean {
  return body.disabled === true && Object.keys(body).length === 1
}

/**
 * Returns the judge of a change of one key, which runs under the lock: the key is the caller's, and
 * is what the caller has seen.
 */
export function judgeOne(id: string, { caller, ifMatch }: AnyCall, parts: KeyParts) {
  return (document: KeyDocument) => {
    const found = readEntry(document, id, parts.installation.services)
    const key = requireChangeable(found, caller)
    refuseChanged(ifMatch, versionOfKey(key))
  }
}

/** Returns the judge of a creation by a member: the collection has a maximum. */
export function judgeCount(personId: string) {
  return ({ keys }: KeyDocument) => {
    const own = Object.values(keys).filter(({ madeBy }) => madeBy === personId)
    if (own.length >= memberKeysMax) {
      const what = `You have ${memberKeysMax} keys, the most that there may be. Remove one first.`
      throw new ApiError('conflict', what)
    }
  }
}

/** Makes the change, and reads it back, so that the next list has it. Rejects with an ApiError. */
export async function changeKeyFile<Result>(
  parts: KeyParts,
  change: (file: string) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await change(parts.installation.file)
    await parts.keys.reload()
    return result
  } catch (error) {
    throw toRefusal(error)
  }
}

export function toRefusal(error: unknown): unknown {
  if (error instanceof UnknownKeyError) return unknownKey()
  if (error instanceof TakenKeyIdError) return new ApiError('exists', 'A key with this id exists.')
  return toFileRefusal(error)
}
