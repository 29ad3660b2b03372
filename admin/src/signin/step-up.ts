/**
 * Proving one act: with a passkey; without any, by a fresh sign-in at a provider that says when it was;
 * else with a code from the command line that names the act. The proof is bound to session, act and
 * target, and the session gets new halves with it.
 */
import type { Person } from '../../../gatekeeper/src/model/person.ts'
import { ApiError } from '../api/api-error.ts'
import { type ChallengeUse, createChallenge, takeChallenge } from '../store/challenges.ts'
import { renewSession } from '../store/change-sessions.ts'
import { spendCode } from '../store/codes.ts'
import { passkeysOf } from '../store/passkeys.ts'
import type { Halves } from '../store/sessions.ts'
import type { StepUpAct } from '../store/step-up-acts.ts'
import { createStepUp } from '../store/step-ups.ts'
import { failSignIn } from './finish-sign-in.ts'
import type { AssertionResponse } from './passkeys/passkey-schema.ts'
import { beginAssertion, verifyAssertion } from './passkeys/verify-passkey.ts'
import { personOfLogin, takeTicket } from './redeem-ticket.ts'
import type { SigninCall, SigninDeps } from './signin-deps.ts'

/** Who proves what, in which session. */
export type Wanted = {
  readonly person: Person
  readonly session: string
  readonly act: StepUpAct
  readonly target: string | null
}

type Way = 'passkey' | 'provider' | 'code'

export type BegunStepUp = {
  readonly ways: readonly Way[]
  readonly providers: readonly { readonly name: string; readonly title: string }[]
  readonly challengeId: string
  /** For the browser's passkey function; null without a passkey. */
  readonly options: object | null
}

/** Returns a challenge for the act, and the ways that the person has. */
export async function beginStepUp(wanted: Wanted, deps: SigninDeps): Promise<BegunStepUp> {
  const passkeys = await passkeysOf(deps.store, wanted.person.id)
  const use = useOf(wanted)
  if (passkeys.length > 0 && deps.settings.passkey.isPossible) {
    const ways = ['passkey', 'code'] as const
    return { ways, providers: [], ...(await beginAssertion(use, passkeys, deps)) }
  }
  const providers = providersOf(wanted.person, deps)
  const { challengeId } = await createChallenge(deps.store, use, deps.clock())
  const ways = [...(providers.length > 0 ? (['provider'] as const) : []), 'code'] as const
  return { ways, providers, challengeId, options: null }
}

/** The providers where the person has an account, and that can prove a fresh sign-in. */
function providersOf({ logins }: Person, { settings, clients }: SigninDeps) {
  const names = new Set(logins.map(({ provider }) => provider))
  return settings.providers
    .filter(({ name }) => names.has(name) && clients.get(name)?.canProveFresh === true)
    .map(({ name, title }) => ({ name, title }))
}

function useOf({ person, session, act, target }: Wanted): ChallengeUse {
  return { purpose: 'step-up', session, person: person.id, act, target }
}

/** What a person shows, with the id of the challenge. */
export type Shown = { readonly challengeId: string } & (
  | { readonly response: AssertionResponse }
  | { readonly ticket: string; readonly secret: string }
  | { readonly code: string }
)

/**
 * Returns the id of the proof and the session's new halves. Rejects with an ApiError if what was shown
 * proves nothing.
 */
export async function finishStepUp(
  shown: Shown,
  { person, session }: Pick<Wanted, 'person' | 'session'>,
  { call, deps }: { readonly call: SigninCall; readonly deps: SigninDeps },
): Promise<{ readonly stepUp: string; readonly halves: Halves }> {
  const { store, clock, attempts } = deps
  const way = wayOf(shown)
  attempts.requireRoom(way, call.clientAddress)
  const of = { challengeId: shown.challengeId, purpose: 'step-up', session } as const
  const challenge = await takeChallenge(store, of, clock())
  const { act, target = null } = challenge ?? {}
  const isProven =
    challenge !== null &&
    challenge.person === person.id &&
    (await isShown(shown, { challenge, person }, deps))
  if (!isProven || typeof act !== 'string') {
    await failSignIn({ way, why: 'step_up', person }, call, deps)
    throw new ApiError('sign_in_failed', 'That did not prove that it is you. Nothing was changed.')
  }
  const halves = await renewSession(store, session, clock())
  if (halves === null) throw new ApiError('no_session', 'Sign in.')
  return { stepUp: await createStepUp(store, { session, act, target }, clock()), halves }
}

function wayOf(shown: Shown): Way {
  if ('response' in shown) return 'passkey'
  return 'code' in shown ? 'code' : 'provider'
}

type Asked = {
  readonly challenge: NonNullable<Awaited<ReturnType<typeof takeChallenge>>>
  readonly person: Person
}

async function isShown(
  shown: Shown,
  { challenge, person }: Asked,
  deps: SigninDeps,
): Promise<boolean> {
  if ('response' in shown) {
    const { response } = shown
    const { passkey, problem } = await verifyAssertion({ challenge, response }, deps)
    return problem === null && passkey.person === person.id
  }
  const { act, target } = challenge
  if ('code' in shown) {
    if (act === null) return false
    const purpose = { act, person: person.id, target }
    return (await spendCode(deps.store, { typed: shown.code, purpose }, deps.clock())) !== null
  }
  // Whoever has a passkey proves with it: an account elsewhere is the weaker way.
  if ((await passkeysOf(deps.store, person.id)).length > 0) return false
  const login = await takeTicket(shown, deps)
  if (login === null || !login.isFresh || login.authenticatedAt === null) return false
  const isOwn = personOfLogin(login, deps)?.id === person.id
  // Begun for this act, and signed in after that: the clocks of both may differ a little.
  const isBegunHere = login.startedAt >= challenge.created_at
  return isOwn && isBegunHere && login.authenticatedAt >= challenge.created_at - skewMs
}

const skewMs = 10_000
