/** The caller's own passkeys. Adding and removing needs a proof for this act, as each opens the console. */
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import { beginRegistration, verifyRegistration } from '../../../signin/passkeys/register-passkey.ts'
import type { SigninDeps } from '../../../signin/signin-deps.ts'
import type { AdminStore } from '../../../store/admin-store.ts'
import { type ChallengeUse, takeChallenge } from '../../../store/challenges.ts'
import {
  addPasskey,
  findPasskey,
  type Passkey,
  passkeysMax,
  passkeysOf,
  removePasskey,
  renamePasskey,
} from '../../../store/passkeys.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint, type Reply } from '../../endpoint.ts'
import { requirePasskeys } from '../signin/endpoints.ts'
import { begun } from '../signin/schema.ts'
import { idParams, newPasskey, passkeyChange, passkeyList, passkeyView } from './schema.ts'

/** Returns the rows of `/passkeys`. */
export function passkeyEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [...readingEndpoints(deps), ...addingEndpoints(deps), ...changingEndpoints(deps)]
}

function readingEndpoints({ store }: SigninDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/passkeys',
      summary: 'Lists your passkeys.',
      roles: 'any',
      answers: { 200: passkeyList },
      handle: async ({ caller }) => {
        const passkeys = await passkeysOf(store, requirePerson(caller).id)
        return { status: 200, body: { items: passkeys.map(viewPasskey) } }
      },
    }),
  ]
}

function addingEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/passkeys/begin',
      summary: 'Begins the registration of a further passkey.',
      roles: 'any',
      event: null,
      answers: { 200: begun },
      handle: async ({ caller }) => {
        requirePasskeys(deps)
        const person = requirePerson(caller)
        await requireRoom(person, deps)
        return { status: 200, body: await beginRegistration(person, useOf(caller), deps) }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/passkeys/finish',
      summary: 'Registers a further passkey.',
      roles: 'any',
      event: 'passkey.added',
      stepUp: 'passkey.add',
      body: newPasskey,
      answers: { 201: passkeyView },
      handle: async ({ caller, body, record }): Promise<Reply> => {
        const person = requirePerson(caller)
        const { challengeId, response, label } = body
        const use = { ...useOf(caller), challengeId }
        const challenge = await takeChallenge(deps.store, use, deps.clock())
        const of = { response, label, person: person.id }
        const passkey =
          challenge === null ? null : await verifyRegistration({ challenge, ...of }, deps)
        if (passkey === null) throw new ApiError('invalid', 'That was no new passkey of this site.')
        await requireRoom(person, deps)
        const about = { person: person.id, user: person.name, passkey: passkey.id, label }
        await record([{ event: 'passkey.added', ...about }])
        const isAdded = await addPasskey(deps.store, passkey)
        if (!isAdded) throw new ApiError('conflict', 'This passkey is registered already.')
        return { status: 201, body: viewPasskey(passkey) }
      },
    }),
  ]
}

function changingEndpoints({ store }: SigninDeps): readonly Endpoint[] {
  const requireOwn = async (caller: Caller, id: string) => {
    const person = requirePerson(caller)
    const passkey = await findPasskey(store, { id, person: person.id })
    if (passkey === null) throw new ApiError('not_found', 'You have no such passkey.')
    return { person, passkey }
  }
  return [
    defineEndpoint({
      method: 'PATCH',
      path: '/passkeys/:id',
      summary: 'Gives a passkey of yours another name.',
      roles: 'any',
      event: null,
      params: idParams,
      body: passkeyChange,
      answers: { 200: passkeyView },
      handle: async ({ caller, params: { id }, body: { label } }) => {
        const { person, passkey } = await requireOwn(caller, id)
        await renamePasskey(store, { id, person: person.id, label })
        return { status: 200, body: viewPasskey({ ...passkey, label }) }
      },
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/passkeys/:id',
      summary: 'Removes a passkey of yours.',
      roles: 'any',
      event: 'passkey.removed',
      stepUp: 'passkey.remove',
      params: idParams,
      answers: { 204: null },
      handle: async ({ caller, params: { id }, recordEnded }) => {
        const { person, passkey } = await requireOwn(caller, id)
        await requireAnotherWay(person, store)
        const about = { person: person.id, user: person.name, passkey: id, label: passkey.label }
        await recordEnded([{ event: 'passkey.removed', ...about }])
        await removePasskey(store, { id, person: person.id })
        return { status: 204 }
      },
    }),
  ]
}

/** Returns the person who calls: a client has neither passkeys nor sessions. */
export function requirePerson({ person }: Caller): Person {
  if (person === null) throw new ApiError('role', 'This is for people, not for clients.')
  return person
}

function useOf({ session, person }: Caller): ChallengeUse {
  const by = { session: session?.id ?? null, person: person?.id ?? null }
  return { purpose: 'passkey.add', ...by, act: null, target: null }
}

async function requireRoom({ id }: Person, { store }: SigninDeps): Promise<void> {
  const passkeys = await passkeysOf(store, id)
  if (passkeys.length < passkeysMax) return
  throw new ApiError('conflict', `You have ${passkeysMax} passkeys, the most that there may be.`)
}

/** Whoever removes the only way in would have to ask the owner of the files. */
async function requireAnotherWay({ id, logins }: Person, store: AdminStore): Promise<void> {
  if (logins.length > 0 || (await passkeysOf(store, id)).length > 1) return
  throw new ApiError('conflict', 'This is your only way to sign in. Add another passkey first.')
}

/** Returns a passkey as pages show it. */
function viewPasskey({ id, label, created_at, last_used_at, is_synced }: Passkey) {
  return {
    ...{
      id,
      label,
      createdAt: formatInstant(created_at),
      lastUsedAt: last_used_at === null ? null : formatInstant(last_used_at),
    },
    isSynced: is_synced === 1,
  }
}
