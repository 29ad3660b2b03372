import { z } from 'zod'
import { listKeys } from '../../../../../gatekeeper/src/operations/keys/key-list.ts'
import { versionOfKey } from '../../../../../gatekeeper/src/operations/keys/key-version.ts'
import { readCursor, writeCursor } from '../../cursor.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, type Owned, scopeOf } from '../../scope.ts'
import { toRefusal } from './change-keys.ts'
import { type KeyParts, listDepsOf } from './key-parts.ts'
import { viewKeys } from './key-view.ts'
import { requireSeen } from './own-keys.ts'
import { anyKeyId, type KeyQuery, keyPage, keyQuery, keyView } from './schema.ts'

/** Returns the rows that show keys. */
export function keyReadEndpoints(parts: KeyParts): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/keys',
      summary: 'Lists keys with their state, last use and used limits; never a secret or its hash.',
      roles: 'any',
      query: keyQuery,
      answers: { 200: keyPage },
      handle: async (call) => ({ status: 200, body: await list(call, parts) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/keys/:id',
      summary: 'Shows one key; its ETag is for If-Match of a change.',
      roles: 'any',
      params: z.strictObject({ id: anyKeyId }),
      answers: { 200: keyView },
      handle: async ({ caller, params }) => {
        const { find } = await snapshotOf(parts)
        return await answerKey(200, requireSeen(find(params.id), caller), parts)
      },
    }),
  ]
}

/** Returns the keys in force; rejects with an ApiError if the file was never good. */
export async function snapshotOf({ keys }: KeyParts) {
  try {
    return await keys.now()
  } catch (error) {
    throw toRefusal(error)
  }
}

/** Answers with a key, its tag, and what else is given. */
export async function answerKey(
  status: number,
  key: Parameters<typeof versionOfKey>[0],
  parts: KeyParts,
  more: object = {},
) {
  const [view] = await viewKeys([key], parts)
  return { status, body: Object.assign({}, more, view), etag: versionOfKey(key) }
}

async function list({ caller, query }: Call<unknown, KeyQuery, unknown>, parts: KeyParts) {
  const snapshot = await snapshotOf(parts)
  const uses = await parts.lastUses()
  const { limit, cursor, q = null, sort, state = null } = query
  const { user = null, service = null, tag = null, team = null } = query
  const scope = scopeOf(caller)
  const isSeen = (key: Owned) => isInScope(scope, key)
  const { personId, team: ofTeam } = scope
  const order = { personId, ofTeam, team, q, sort, state, user, service, tag }
  const isDescending = sort.startsWith('-')
  const question = {
    ...{ isSeen, team, user, service, tag, text: q, state, isDescending, limit },
    sort: sort.replace('-', '') as Parameters<typeof listKeys>[1]['sort'],
    after: cursor === undefined ? null : placeOf(cursor, order),
  }
  const found = listKeys(snapshot, question, listDepsOf(uses, parts.clock))
  const { total, counts, next } = found
  return {
    items: await viewKeys(found.keys, parts),
    next: next === null ? null : writeCursor({ by: next.value, id: next.id }, order),
    ...{ total, counts, usesProblem: uses.problem },
  }
}

function placeOf(cursor: string, order: unknown) {
  const { by, id } = readCursor(cursor, order)
  return { value: by ?? '', id: String(id) }
}
