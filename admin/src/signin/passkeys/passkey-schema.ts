import { z } from 'zod'
import { oneLine } from '../../api/one-line.ts'

/** Bytes as base64url, without padding. */
const bytes = (charsMax: number) =>
  z
    .string()
    .min(1)
    .max(charsMax)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')

const credentialId = bytes(1400)

/** What every answer of an authenticator has. Members that nobody reads are left out. */
const common = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
}

/** The browser's answer to a registration. */
export const registrationResponse = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON: bytes(4096),
      attestationObject: bytes(32_768),
      transports: z.array(z.string().max(32)).max(10).optional(),
    }),
  })
  .meta({ id: 'RegistrationResponse' })

/** The browser's answer to a sign-in or a proof. */
export const assertionResponse = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON: bytes(4096),
      authenticatorData: bytes(4096),
      signature: bytes(2048),
      userHandle: bytes(128).optional(),
    }),
  })
  .meta({ id: 'AssertionResponse' })

/** The name that a person gives a passkey. */
export const passkeyLabel = z.string().trim().min(1).max(64).regex(oneLine, 'must be one line')

export type RegistrationResponse = z.output<typeof registrationResponse>
export type AssertionResponse = z.output<typeof assertionResponse>
