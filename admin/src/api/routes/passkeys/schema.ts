import { z } from 'zod'
import { passkeyLabel, registrationResponse } from '../../../signin/passkeys/passkey-schema.ts'
import { secret } from '../signin/schema.ts'

/** An id of ours: 10 characters of base 36. */
export const shortId = z.string().regex(/^[0-9a-z]{10}$/, 'is not a valid id')
export const idParams = z.strictObject({ id: shortId })

export const passkeyView = z
  .object({
    id: shortId,
    label: z.string(),
    createdAt: z.string(),
    lastUsedAt: z.string().nullable(),
    /** Whether the authenticator's maker copies it to other devices of the person. */
    isSynced: z.boolean(),
  })
  .meta({ id: 'Passkey' })

export const passkeyList = z.object({ items: z.array(passkeyView) })
export const newPasskey = z.strictObject({
  ...{ challengeId: secret, response: registrationResponse, label: passkeyLabel },
})
export const passkeyChange = z.strictObject({ label: passkeyLabel })
