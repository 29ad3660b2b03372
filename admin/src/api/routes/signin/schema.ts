import { z } from 'zod'
import {
  assertionResponse,
  passkeyLabel,
  registrationResponse,
} from '../../../signin/passkeys/passkey-schema.ts'

/** A secret of 32 random bytes, in base64url. */
export const secret = z.string().length(43)

/** What the sign-in page shows. */
export const signinView = z.object({
  passkey: z.object({ rpId: z.string(), rpName: z.string(), isPossible: z.boolean() }),
  code: z.literal(true),
  providers: z.array(z.object({ name: z.string(), title: z.string(), callback: z.string() })),
  isFirstRun: z.boolean(),
})

/** What a page gives to the browser's passkey functions. */
export const begun = z.object({
  challengeId: secret,
  options: z.record(z.string(), z.unknown()),
})

/** The second half of a session, which the page keeps; the first is in the cookie. */
export const signedIn = z.object({ session: secret })

export const passkeyAnswer = z.strictObject({ challengeId: secret, response: assertionResponse })
export const typedCode = z.strictObject({ code: z.string().max(40) })
export const invitationCode = z.strictObject({ code: secret })
export const invitationTicket = z.strictObject({ ticket: secret })

/** What a link is for. */
export const invitationView = z.object({
  kind: z.enum(['setup', 'invite', 'reset']),
  name: z.string(),
  ticket: secret,
  expiresAt: z.string(),
})

export const invitationPasskey = z.strictObject({
  ticket: secret,
  challengeId: secret,
  response: registrationResponse,
  label: passkeyLabel,
})

export const loginTicket = z.strictObject({
  ticket: secret,
  secret,
  /** The ticket of an invitation, for the first sign-in. */
  invitation: secret.optional(),
})
