/**
 * Signing in. These rows need no session; each is bounded by attempts, and what fails says no more than
 * that it failed. There are no passwords, and nobody can make an account here.
 */

import { failSignIn, finishSignIn } from '../../../signin/finish-sign-in.ts'
import type { AssertionResponse } from '../../../signin/passkeys/passkey-schema.ts'
import { beginAssertion, verifyAssertion } from '../../../signin/passkeys/verify-passkey.ts'
import { callbackUrl } from '../../../signin/providers/provider-client.ts'
import { signInByLogin, takeTicket } from '../../../signin/redeem-ticket.ts'
import type { SigninCall, SigninDeps } from '../../../signin/signin-deps.ts'
import { type ChallengeUse, takeChallenge } from '../../../store/challenges.ts'
import { spendCode } from '../../../store/codes.ts'
import { ApiError } from '../../api-error.ts'
import { defineEndpoint, type Endpoint, type Reply } from '../../endpoint.ts'
import { begun, loginTicket, passkeyAnswer, signedIn, signinView, typedCode } from './schema.ts'

/** Returns the rows of `/signin` for people who are known already. */
export function signinEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/signin',
      summary: 'Says how people may sign in here.',
      roles: 'open',
      answers: { 200: signinView },
      handle: async () => ({ status: 200, body: describeWays(deps) }),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/passkey/begin',
      summary: 'Begins a sign-in with a passkey, without a name.',
      roles: 'open',
      event: null,
      answers: { 200: begun },
      handle: async ({ clientAddress }) => {
        requirePasskeys(deps)
        takeBeginning(clientAddress, deps)
        return { status: 200, body: await beginAssertion(signinUse, [], deps) }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/passkey/finish',
      summary: 'Signs in with the answer of an authenticator.',
      roles: 'open',
      event: 'signin.failed',
      body: passkeyAnswer,
      answers: { 200: signedIn },
      handle: async (call) => await signInByPasskey(call.body, call, deps),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/code',
      summary: 'Signs in with a code from the command line.',
      roles: 'open',
      event: 'signin.failed',
      body: typedCode,
      answers: { 200: signedIn },
      handle: async (call) => await signInByCode(call.body.code, call, deps),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/signin/ticket',
      summary: 'Signs in with the ticket of a sign-in at a provider.',
      roles: 'open',
      event: 'signin.failed',
      body: loginTicket,
      answers: { 200: signedIn },
      handle: async (call) => {
        const { invitation = null, ...shown } = call.body
        deps.attempts.requireRoom('provider', call.clientAddress)
        const login = await takeTicket(shown, deps)
        if (login === null) throw await failSignIn({ way: 'provider', why: 'ticket' }, call, deps)
        const person = await signInByLogin(login, invitation, { call, deps })
        return await finishSignIn({ person, method: login.provider }, call, deps)
      },
    }),
  ]
}

const signinUse: ChallengeUse = {
  ...{ purpose: 'signin', session: null, person: null, act: null, target: null },
}

function describeWays({ settings, people }: SigninDeps): object {
  return {
    passkey: settings.passkey,
    code: true,
    providers: settings.providers.map(({ name, title }) => ({
      ...{ name, title, callback: callbackUrl(settings.origin, name) },
    })),
    isFirstRun: people.all().length === 0,
  }
}

/** Refuses passkeys at an address where no browser makes any. */
export function requirePasskeys({ settings }: Pick<SigninDeps, 'settings'>): void {
  if (settings.passkey.isPossible) return
  throw new ApiError('conflict', 'Browsers have passkeys for names only, and this is an address.')
}

/** Counts the beginning of a ceremony, and throws an ApiError after too many. */
export function takeBeginning(address: string, { attempts }: SigninDeps): void {
  attempts.requireRoom('begin', address)
  attempts.count('begin', address)
}

async function signInByPasskey(
  { challengeId, response }: { challengeId: string; response: AssertionResponse },
  call: SigninCall,
  deps: SigninDeps,
): Promise<Reply> {
  deps.attempts.requireRoom('passkey', call.clientAddress)
  const fail = async (why: string, person = null as ReturnType<typeof deps.people.find>) =>
    await failSignIn({ way: 'passkey', why, person }, call, deps)
  const of = { challengeId, purpose: 'signin', session: null } as const
  const challenge = await takeChallenge(deps.store, of, deps.clock())
  if (challenge === null) throw await fail('challenge')
  const { passkey, problem } = await verifyAssertion({ challenge, response }, deps)
  const person = passkey === null ? null : deps.people.find(passkey.person)
  if (problem !== null) throw await fail(problem, person)
  if (person === null) throw await fail('unknown_person')
  if (person.disabled) throw await fail('disabled', person)
  return await finishSignIn({ person, method: 'passkey' }, call, deps)
}

async function signInByCode(code: string, call: SigninCall, deps: SigninDeps): Promise<Reply> {
  deps.attempts.requireRoom('code', call.clientAddress)
  const spent = { typed: code, purpose: { act: null } } as const
  const id = await spendCode(deps.store, spent, deps.clock())
  const person = id === null ? null : deps.people.find(id)
  const fail = async (why: string) => await failSignIn({ way: 'code', why, person }, call, deps)
  if (person === null) throw await fail('code')
  if (person.disabled) throw await fail('disabled')
  return await finishSignIn({ person, method: 'code' }, call, deps)
}
