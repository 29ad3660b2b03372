/**
 * Proving a passkey (WebAuthn Level 3, §7.2): for a sign-in, which names nobody, or for one act of a
 * person. A count that does not go up means a copied authenticator and is refused; 0 is one that does
 * not count, as of passkeys that are synced.
 */
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { ConsoleSettings } from '../../../../gatekeeper/src/model/console-settings.ts'
import { type Challenge, type ChallengeUse, createChallenge } from '../../store/challenges.ts'
import { findCredential, noteUse, type Passkey } from '../../store/passkeys.ts'
import type { SigninDeps } from '../signin-deps.ts'
import { loadWebauthn } from './load-webauthn.ts'
import type { AssertionResponse } from './passkey-schema.ts'

/** Returns a challenge and what the browser needs; without passkeys, any of this site will do. */
export async function beginAssertion(
  use: ChallengeUse,
  passkeys: readonly Passkey[],
  { store, settings, clock }: Pick<SigninDeps, 'store' | 'settings' | 'clock'>,
): Promise<{ readonly challengeId: string; readonly options: object }> {
  const { challengeId, challenge } = await createChallenge(store, use, clock())
  const { generateAuthenticationOptions } = await loadWebauthn()
  const options = await generateAuthenticationOptions({
    rpID: settings.passkey.rpId,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: use.purpose === 'signin' ? 300_000 : 120_000,
    userVerification: 'required',
    allowCredentials: passkeys.map(({ credential_id, transports }) => ({
      id: credential_id,
      transports: JSON.parse(transports),
    })),
  })
  return { challengeId, options }
}

/** Why an answer proves nothing, for the record. */
export type AssertionProblem = 'unknown_passkey' | 'not_verified' | 'sign_count'

type Proven =
  | { readonly passkey: Passkey; readonly problem: null }
  | { readonly passkey: Passkey | null; readonly problem: AssertionProblem }

/** Returns the passkey that answered the challenge, or why none did. */
export async function verifyAssertion(
  { challenge, response }: { readonly challenge: Challenge; readonly response: AssertionResponse },
  { store, settings, clock }: Pick<SigninDeps, 'store' | 'settings' | 'clock'>,
): Promise<Proven> {
  const passkey = await findCredential(store, response.id)
  if (passkey === null) return { passkey, problem: 'unknown_passkey' }
  const { userHandle } = response.response
  const isOthers =
    userHandle !== undefined && Buffer.from(userHandle, 'base64url').toString() !== passkey.person
  if (isOthers) return { passkey: null, problem: 'not_verified' }
  const count = await verifyResponse(response, { challenge, passkey, settings })
  if (count === null) return { passkey: null, problem: 'not_verified' }
  const isForward = count > passkey.sign_count || (count === 0 && passkey.sign_count === 0)
  if (!isForward) return { passkey, problem: 'sign_count' }
  const isNoted = await noteUse(store, passkey, { count, now: clock() })
  return isNoted ? { passkey, problem: null } : { passkey, problem: 'sign_count' }
}

/** Returns the authenticator's count, or null. The count itself is judged by the caller. */
async function verifyResponse(
  response: AssertionResponse,
  of: {
    readonly challenge: Challenge
    readonly passkey: Passkey
    readonly settings: ConsoleSettings
  },
): Promise<number | null> {
  const { verifyAuthenticationResponse } = await loadWebauthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} } as AuthenticationResponseJSON,
      expectedChallenge: of.challenge.challenge,
      expectedOrigin: of.settings.origin,
      expectedRPID: of.settings.passkey.rpId,
      requireUserVerification: true,
      credential: {
        id: of.passkey.credential_id,
        publicKey: new Uint8Array(Buffer.from(of.passkey.public_key, 'base64url')),
        // The library throws for a count that went back, without a way to tell it from other faults.
        counter: 0,
      },
    })
    return verified ? authenticationInfo.newCounter : null
  } catch {
    return null
  }
}
