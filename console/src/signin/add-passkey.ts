import { call } from '../api.ts'
import { proveFor } from '../proof.ts'
import { type Begun, makePasskey } from './passkeys.ts'

/** Makes a further passkey; false if the person gave up proving. Throws an ApiFailure. */
export async function addPasskey(label: string): Promise<boolean> {
  const stepUp = await proveFor('passkey.add', null)
  if (stepUp === null) return false
  const made = await makePasskey(await call<Begun>('POST', '/passkeys/begin'))
  await call('POST', '/passkeys/finish', { body: { ...made, label }, stepUp })
  return true
}
