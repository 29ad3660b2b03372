import { z } from 'zod'
import { controlName } from '../../../../../gatekeeper/src/model/known-services.ts'
import { versionOfKey } from '../../../../../gatekeeper/src/operations/keys/key-version.ts'
import {
  addKey,
  editKey,
  removeKey,
} from '../../../../../gatekeeper/src/operations/keys/key-writer.ts'
import { ApiError } from '../../api-error.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { requireMatch } from '../../etag.ts'
import { isAdministering, scopeOf } from '../../scope.ts'
import { requireOwnTeamsName, requireUnusedId } from '../names.ts'
import { requireTeam, requireTeamKept } from '../teams.ts'
import {
  changeKeyFile,
  ending,
  isDisabling,
  judgeCount,
  judgeOne,
  writerDeps,
} from './change-keys.ts'
import type { KeyParts } from './key-parts.ts'
import { makerOf } from './maker.ts'
import { requireChangeable } from './own-keys.ts'
import { answerKey, snapshotOf } from './read-endpoints.ts'
import {
  anyKeyId,
  type KeyChangeBody,
  keyChange,
  keyId,
  keyView,
  madeKey,
  type NewKeyBody,
  newKey,
} from './schema.ts'
import { readChangedKey, readNewKey, toKeyChange } from './wanted-key.ts'
import { requireUsable, requireWithinAccess } from './within-access.ts'

const writers = ['owner', 'admin', 'member'] as const

type Body = { readonly services?: readonly string[] | undefined }

/** A key that administers is worth a proof of its own: whoever has it can do what an admin can. */
const stepUpFor = ({ body }: { readonly body: Body }) =>
  body.services?.includes(controlName) === true ? ('client.control' as const) : null

/** Returns the rows that make, change and remove keys. */
export function keyWriteEndpoints(parts: KeyParts): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'PUT',
      path: '/keys/:id',
      summary: 'Makes a key under an id that the caller drew; its secret is in this answer alone.',
      condition: 'If-None-Match',
      roles: writers,
      event: 'key.added',
      stepUp: stepUpFor,
      params: z.strictObject({ id: keyId }),
      body: newKey,
      answers: { 201: madeKey },
      handle: (call) => create(call, parts),
    }),
    defineEndpoint({
      method: 'PATCH',
      path: '/keys/:id',
      summary: 'Changes members of a key (RFC 7396); If-Match says which state was seen.',
      condition: 'If-Match',
      roles: writers,
      event: 'key.edited',
      stepUp: stepUpFor,
      params: z.strictObject({ id: anyKeyId }),
      body: keyChange,
      answers: { 200: keyView },
      handle: (call) => change(call, parts),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/keys/:id',
      summary: 'Removes a key; it stops working within two seconds.',
      roles: writers,
      event: 'key.removed',
      params: z.strictObject({ id: anyKeyId }),
      answers: { 204: null },
      handle: async (call) => {
        const { id } = call.params
        const deps = writerDeps(ending(call), parts, judgeOne(id, call, parts))
        await changeKeyFile(parts, (file) => removeKey(file, id, deps))
        return { status: 204 }
      },
    }),
  ]
}

type ById<Body> = Call<{ readonly id: string }, unknown, Body>

async function create(call: ById<NewKeyBody>, parts: KeyParts) {
  const { caller, params, isCreation } = call
  if (!isCreation) {
    throw new ApiError('precondition_required', 'Send If-None-Match: * to make a key.')
  }
  const scope = scopeOf(caller)
  const { personId, userName } = scope
  const mayDecide = isAdministering(scope)
  const user = call.body.user ?? (mayDecide ? undefined : (userName ?? undefined))
  if (user === undefined) {
    const problems = [{ path: 'user', message: 'is missing: the name of a person or program' }]
    throw new ApiError('invalid', 'The key has no user.', { problems })
  }
  const { services } = parts.installation
  const body = Object.assign({}, call.body, { user, team: requireTeam(caller, call.body.team) })
  const wanted = readNewKey(body, { services, now: parts.clock() })
  requireWithinAccess(wanted.draft, wanted.members, { caller, services })
  await requireOwnTeamsName(caller, user, parts)
  await requireUnusedId(caller, { kind: 'key', id: params.id }, parts)
  const maker = await makerOf(caller, parts)
  requireUsable(wanted.draft, { maker, services })
  const { role } = wanted.draft
  const members = Object.assign(toKeyChange(wanted), { user, role })
  const judge = mayDecide || personId === null ? () => {} : judgeCount(personId)
  const made = await changeKeyFile(parts, (file) =>
    addKey(file, toNewKey(params.id, members, maker?.id ?? null), writerDeps(call, parts, judge)),
  )
  const { find } = await snapshotOf(parts)
  const key = find(made.id)
  if (key === null) throw new ApiError('conflict', 'The key was removed at once.')
  return await answerKey(201, key, parts, { key: made.key })
}

type Members = ReturnType<typeof toKeyChange> & Pick<Parameters<typeof addKey>[1], 'user' | 'role'>

function toNewKey(
  id: string,
  { cloudModels, weight, disabled: _, services = [], expiresAt = null, ...members }: Members,
  madeBy: string | null,
): Parameters<typeof addKey>[1] {
  return {
    ...members,
    ...{ id, services, expiresAt },
    ...(typeof cloudModels === 'boolean' && { cloudModels }),
    ...(typeof weight === 'number' && { weight }),
    ...(madeBy !== null && { madeBy }),
  }
}

async function change(call: ById<KeyChangeBody>, parts: KeyParts) {
  const { caller, params, ifMatch, body } = call
  const { services } = parts.installation
  const key = await findAsSeen(params.id, call, parts)
  requireMatch(ifMatch, versionOfKey(key))
  requireTeamKept(caller, key, body)
  const { user = key.user } = body
  if (user !== key.user) await requireOwnTeamsName(caller, user, parts)
  const wanted = readChangedKey(key, body, { services, now: parts.clock() })
  requireWithinAccess(wanted.draft, wanted.members, { caller, services })
  const edited = { id: params.id, change: toKeyChange(wanted) }
  const recording = isDisabling(body) ? ending(call) : call
  const deps = writerDeps(recording, parts, judgeOne(params.id, call, parts))
  await changeKeyFile(parts, (file) => editKey(file, edited, deps))
  const { find } = await snapshotOf(parts)
  return await answerKey(200, requireChangeable(find(params.id), caller), parts)
}

/** The file may have been written a moment ago by another program: then it is read again. */
async function findAsSeen(id: string, { caller, ifMatch }: ById<unknown>, parts: KeyParts) {
  const { find } = await snapshotOf(parts)
  const kept = find(id)
  if (kept !== null && (ifMatch === null || versionOfKey(kept) === ifMatch)) {
    return requireChangeable(kept, caller)
  }
  await parts.keys.reload()
  return requireChangeable((await snapshotOf(parts)).find(id), caller)
}
