import { rotateSigningKey } from '../../oauth/signing-key-file.ts'
import type { Installation } from '../installation.ts'
import { ttlSecondsMax } from './make-token.ts'

export type RotatedSigning = {
  readonly kid: string
  readonly algorithm: string
  /** ISO 8601. */
  readonly signsFrom: string
}

/** Publishes a new signing key, which signs after `leadMs`. Old keys verify until their last token ends. */
export async function rotateSigning(
  leadMs: number,
  { sharedDir, oauth, clock, record }: Installation,
): Promise<RotatedSigning> {
  const { algorithm } = oauth
  const rotation = { algorithm, leadMs, lifetimeMs: ttlSecondsMax * 1000 }
  let signsFrom = ''
  const kid = await rotateSigningKey(sharedDir, rotation, {
    clock,
    record: (act) => {
      signsFrom = act.activeAt
      return record([act])
    },
  })
  return { kid, algorithm, signsFrom }
}
