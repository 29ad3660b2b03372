/** Changes the ticket of a sign-in at a provider for a person. */
import { createHash } from 'node:crypto'
import { isSameSecret } from '../../../gatekeeper/src/lib/constant-time.ts'
import type { Person } from '../../../gatekeeper/src/model/person.ts'
import {
  addLogin,
  addPerson,
  PeopleError,
  type PersonAct,
} from '../../../gatekeeper/src/operations/people/people-writer.ts'
import { findByTicket } from '../store/invitations.ts'
import { takeLogin } from '../store/login-states.ts'
import { isSecret } from '../store/secrets.ts'
import { claimInvitation } from './claim-invitation.ts'
import { failSignIn } from './finish-sign-in.ts'
import type { RuledPerson } from './providers/claim-rules.ts'
import type { TicketMemory } from './providers/login-routes.ts'
import type { SigninCall, SigninDeps } from './signin-deps.ts'

/** A ticket, with the secret of the page that began the sign-in. */
export type ShownTicket = { readonly ticket: string; readonly secret: string }

/** An account at a provider that was shown to be the caller's. */
export type ShownLogin = TicketMemory & { readonly provider: string }

/**
 * Returns the account of a ticket, once; null if the ticket is too old, or the page is not the one
 * that began: somebody else's sign-in cannot be planted here.
 */
export async function takeTicket(
  { ticket, secret }: ShownTicket,
  { store, clock }: Pick<SigninDeps, 'store' | 'clock'>,
): Promise<ShownLogin | null> {
  const taken = await takeLogin(store, { kind: 'ticket', secret: ticket }, clock())
  if (taken === null || !isSecret(secret)) return null
  const memory = taken.memory as TicketMemory
  const bind = createHash('sha256').update(secret).digest('base64url')
  return isSameSecret(bind, memory.bind) ? { ...memory, provider: taken.provider } : null
}

/** Returns the person who has the account, or null. */
export function personOfLogin(
  { provider, subject }: Pick<ShownLogin, 'provider' | 'subject'>,
  { people }: Pick<SigninDeps, 'people'>,
): Person | null {
  const has = ({ logins }: Person) =>
    logins.some((login) => login.provider === provider && login.subject === subject)
  return people.all().find(has) ?? null
}

/**
 * Returns the person whom the account signs in. With the ticket of an invitation it becomes one of the
 * invited person's; without, an account that is nobody's makes nobody, unless a rule of the settings says so. Rejects with the ApiError of a
 * failed sign-in.
 */
export async function signInByLogin(
  login: ShownLogin,
  invitationTicket: string | null,
  { call, deps }: { readonly call: SigninCall; readonly deps: SigninDeps },
): Promise<Person> {
  const { provider, subject } = login
  const fail = async (why: string, person: Person | null = null) =>
    await failSignIn({ way: 'provider', why, provider, person }, call, deps)
  // A proof for an act was made in a hurry, in a window that says so. It is no sign-in.
  if (login.isFresh) throw await fail('ticket_of_step_up')
  const known = personOfLogin(login, deps)
  if (invitationTicket === null) {
    if (known === null) {
      if (login.ruled === null) throw await fail('unknown_account')
      return await makeRuled(login.ruled, login, { call, deps })
    }
    if (known.disabled) throw await fail('disabled', known)
    return known
  }
  const invitation = await findByTicket(deps.store, invitationTicket, deps.clock())
  if (invitation === null) throw await fail('invitation')
  if (!login.mayClaim) throw await fail('not_in_organization')
  if (known !== null && known.id !== invitation.person)
    throw await fail('account_of_another', known)
  const claim = { kind: 'login', login: { provider, subject } } as const
  return await claimInvitation({ invitation, claim }, call, deps)
}

/**
 * Makes the person of a rule. People often choose their names at a provider: one that a person or a
 * user of keys has already never becomes this account's, with what that user did.
 */
async function makeRuled(
  { name, role, access }: RuledPerson,
  { provider, subject }: ShownLogin,
  { call, deps }: { readonly call: SigninCall; readonly deps: SigninDeps },
): Promise<Person> {
  const { installation, clock, people } = deps
  const record = (acts: readonly PersonAct[]) => call.record(acts)
  const wanted = { name, title: null, role, access }
  const { keys } = await deps.keys.now()
  if (keys.some(({ user }) => user === name)) {
    throw await failSignIn({ way: 'provider', why: 'rule_user_of_keys', provider }, call, deps)
  }
  try {
    const { id } = await addPerson(installation.peopleFile, wanted, { clock, record })
    const login = { provider, subject }
    const made = await addLogin(installation.peopleFile, { id, login }, { clock, record })
    await people.reload()
    return made
  } catch (error) {
    if (!(error instanceof PeopleError)) throw error
    const why = `rule_${error.code}`
    throw await failSignIn({ way: 'provider', why, provider }, call, deps)
  }
}
