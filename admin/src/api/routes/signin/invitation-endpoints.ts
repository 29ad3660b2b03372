/** The use of one-time links: set-up, invitation, lost passkeys. */
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { claimInvitation, inviteeId, requireClaimable } from '../../../signin/claim-invitation.ts'
import { failSignIn, finishSignIn } from '../../../signin/finish-sign-in.ts'
import type { RegistrationResponse } from '../../../signin/passkeys/passkey-schema.ts'
import { beginRegistration, verifyRegistration } from '../../../signin/passkeys/register-passkey.ts'
import type { SigninCall, SigninDeps } from '../../../signin/signin-deps.ts'
import { type ChallengeUse, takeChallenge } from '../../../store/challenges.ts'
import { findByTicket, type Invitation, redeemCode } from '../../../store/invitations.ts'
import { ApiError } from '../../api-error.ts'
import { defineEndpoint, type Endpoint, type Reply } from '../../endpoint.ts'
import { requirePasskeys, takeBeginning } from './endpoints.ts'
import {
  begun,
  invitationCode,
  invitationPasskey,
  invitationTicket,
  invitationView,
  signedIn,
} from './schema.ts'

/** Returns the rows of `/signin/invitation`. */
export function claimEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/signin/invitation',
      summary: 'Changes the code of a one-time link for a ticket; the link is of no more use.',
      roles: 'open',
      event: 'signin.failed',
      body: invitationCode,
      answers: { 200: invitationView },
      handle: async (call) => await openLink(call.body.code, call, deps),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/invitation/register/begin',
      summary: 'Begins the registration of the first passkey.',
      roles: 'open',
      event: null,
      body: invitationTicket,
      answers: { 200: begun },
      handle: async (call) => {
        requirePasskeys(deps)
        takeBeginning(call.clientAddress, deps)
        const invitation = await requireInvitation(call.body.ticket, call, deps)
        const { name, title } = invitation
        const registrant = { id: inviteeId(invitation), name, title }
        const body = await beginRegistration(registrant, useOf(invitation), deps)
        return { status: 200, body }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/invitation/register/finish',
      summary: 'Registers the first passkey, which uses the link up, and signs in.',
      roles: 'open',
      event: 'signin.failed',
      body: invitationPasskey,
      answers: { 200: signedIn },
      handle: async (call) => await registerFirst(call.body, call, deps),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/invitation/accept',
      summary: 'Uses the link without a passkey, at an address where browsers make none.',
      roles: 'open',
      event: 'signin.failed',
      body: invitationTicket,
      answers: { 200: signedIn },
      handle: async (call) => {
        if (deps.settings.passkey.isPossible) {
          throw new ApiError('conflict', 'Here the link is used with a passkey.')
        }
        const invitation = await requireInvitation(call.body.ticket, call, deps)
        const person = await claimInvitation({ invitation, claim: { kind: 'link' } }, call, deps)
        return await finishSignIn({ person, method: 'code' }, call, deps)
      },
    }),
  ]
}

async function openLink(code: string, call: SigninCall, deps: SigninDeps): Promise<Reply> {
  deps.attempts.requireRoom('invitation', call.clientAddress)
  const redeemed = await redeemCode(deps.store, code, deps.clock())
  if (redeemed === null) throw await failSignIn({ way: 'invitation', why: 'code' }, call, deps)
  const { invitation, ticket } = redeemed
  requireClaimable(invitation, deps)
  const { kind, name, expires_at } = invitation
  const body = { kind, name, ticket, expiresAt: formatInstant(expires_at) }
  return { status: 200, body, fields: { 'cache-control': 'no-store' } }
}

async function requireInvitation(
  ticket: string,
  call: SigninCall,
  deps: SigninDeps,
): Promise<Invitation> {
  deps.attempts.requireRoom('invitation', call.clientAddress)
  const invitation = await findByTicket(deps.store, ticket, deps.clock())
  if (invitation === null) throw await failSignIn({ way: 'invitation', why: 'ticket' }, call, deps)
  requireClaimable(invitation, deps)
  return invitation
}

/** A challenge for one invitation counts for no other. */
function useOf(invitation: Invitation): ChallengeUse {
  const person = inviteeId(invitation)
  return { purpose: 'invitation', session: null, person, act: null, target: invitation.id }
}

type FirstPasskey = {
  readonly ticket: string
  readonly challengeId: string
  readonly response: RegistrationResponse
  readonly label: string
}

async function registerFirst(
  { ticket, challengeId, response, label }: FirstPasskey,
  call: SigninCall,
  deps: SigninDeps,
): Promise<Reply> {
  const invitation = await requireInvitation(ticket, call, deps)
  const fail = async (why: string) => await failSignIn({ way: 'invitation', why }, call, deps)
  const { purpose, session } = useOf(invitation)
  const challenge = await takeChallenge(deps.store, { challengeId, purpose, session }, deps.clock())
  if (challenge === null || challenge.target !== invitation.id) throw await fail('challenge')
  const of = { challenge, response, label, person: inviteeId(invitation) }
  const passkey = await verifyRegistration(of, deps)
  if (passkey === null) throw await fail('not_verified')
  const claim = { kind: 'passkey', passkey } as const
  const person = await claimInvitation({ invitation, claim }, call, deps)
  return await finishSignIn({ person, method: 'passkey' }, call, deps)
}
