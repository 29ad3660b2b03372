/**
 * Registering a passkey (WebAuthn Level 3, §7.1): one that the authenticator keeps itself, so that
 * nobody types a name, and that verifies its user. Where it was made is not asked (attestation none).
 */
import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import type { ConsoleSettings } from '../../../../gatekeeper/src/model/console-settings.ts'
import { type Challenge, type ChallengeUse, createChallenge } from '../../store/challenges.ts'
import { createId } from '../../store/ids.ts'
import { type Passkey, passkeysOf } from '../../store/passkeys.ts'
import type { SigninDeps } from '../signin-deps.ts'
import { loadWebauthn } from './load-webauthn.ts'
import type { RegistrationResponse } from './passkey-schema.ts'

/** ES256, EdDSA, RS256, the most wanted first. */
const algorithms = [-7, -8, -257]

/** Whose passkey is made. */
export type Registrant = {
  /** The id of the person, also of one who is made together with the passkey. */
  readonly id: string
  readonly name: string
  readonly title: string | null
}

/** Returns a challenge and what the browser needs to make a passkey. */
export async function beginRegistration(
  { id, name, title }: Registrant,
  use: ChallengeUse,
  { store, settings, clock }: SigninDeps,
): Promise<{ readonly challengeId: string; readonly options: object }> {
  // Passkeys that a link replaces may be on the same authenticator.
  const existing = use.purpose === 'invitation' ? [] : await passkeysOf(store, id)
  const { challengeId, challenge } = await createChallenge(store, use, clock())
  const { generateRegistrationOptions } = await loadWebauthn()
  const options = await generateRegistrationOptions({
    rpName: settings.passkey.rpName,
    rpID: settings.passkey.rpId,
    userID: new TextEncoder().encode(id),
    userName: name,
    userDisplayName: title ?? name,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: 300_000,
    attestationType: 'none',
    // One authenticator with two passkeys of a person would look like two, and be lost as one.
    excludeCredentials: existing.map(({ credential_id, transports }) => ({
      id: credential_id,
      transports: JSON.parse(transports),
    })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  })
  return { challengeId, options }
}

type Made = {
  readonly challenge: Challenge
  readonly response: RegistrationResponse
  readonly person: string
  readonly label: string
}

/** Returns the new passkey, which is not stored yet; null if the browser's answer proves nothing. */
export async function verifyRegistration(
  { challenge, response, person, label }: Made,
  { settings, clock }: Pick<SigninDeps, 'settings' | 'clock'>,
): Promise<Passkey | null> {
  const verified = await verifyResponse(response, challenge.challenge, settings)
  if (verified === null) return null
  const { credential, credentialBackedUp } = verified
  const transports = response.response.transports ?? []
  return {
    ...{ id: createId(), credential_id: credential.id, person, label },
    public_key: Buffer.from(credential.publicKey).toString('base64url'),
    sign_count: credential.counter,
    transports: JSON.stringify(transports.filter((one) => /^[a-z-]+$/.test(one))),
    is_synced: credentialBackedUp ? 1 : 0,
    created_at: clock(),
    last_used_at: null,
  }
}

async function verifyResponse(
  response: RegistrationResponse,
  expectedChallenge: string,
  { origin, passkey }: ConsoleSettings,
) {
  const { verifyRegistrationResponse } = await loadWebauthn()
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {} } as RegistrationResponseJSON,
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: passkey.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
    return verified ? registrationInfo : null
  } catch {
    // The library throws for each thing that is wrong; to the caller they are all the same.
    return null
  }
}
