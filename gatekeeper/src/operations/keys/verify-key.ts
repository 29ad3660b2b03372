import { readApiKey } from '../../api-keys/api-key.ts'
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { createKeyRing } from '../../api-keys/key-ring.ts'
import { hasApiKeyForm, hasTokenForm } from '../../model/credential-form.ts'
import type { Installation } from '../installation.ts'
import { readMakerBound } from '../people/read-maker-bound.ts'
import { readEveryKey } from './read-keys.ts'

export type VerifiedKey = {
  readonly form: 'gatekeeper' | 'token' | 'plain'
  /** Null for a form without one. */
  readonly hasGoodChecksum: boolean | null
  /** Why the key does not work; null if it works. */
  readonly reason: string | null
  /** Null if no key has this id, or where only its id is right. */
  readonly record: KeyRecord | null
}

/** Verifies a key as the service does, with the keys of all files. */
export async function verifyKey(key: string, installation: Installation): Promise<VerifiedKey> {
  const keys = await readEveryKey(installation)
  const boundByMaker = await readMakerBound(installation)
  const result = createKeyRing(keys, boundByMaker).authenticate(key, installation.clock())
  const reason = typeof result === 'string' ? result : null
  const id = typeof result === 'string' ? readApiKey(key)?.id : result.id.slice('key:'.length)
  const form = formOf(key)
  return {
    form,
    hasGoodChecksum: form === 'gatekeeper' ? readApiKey(key) !== null : null,
    reason,
    // A caller that has only the id must not learn whose it is.
    record: reason === 'wrong-secret' ? null : (keys.find((other) => other.id === id) ?? null),
  }
}

function formOf(key: string): VerifiedKey['form'] {
  if (hasApiKeyForm(key)) return 'gatekeeper'
  return hasTokenForm(key) ? 'token' : 'plain'
}
