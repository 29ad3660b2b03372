/** Split keys of users of apps: who has one, and its removal. Nothing of a key is shown. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  readSplitKeys,
  removeSplitKey,
  SplitKeyError,
  type StoredSplitKey,
} from '../../../../../gatekeeper/src/operations/vault/split-key-writer.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import { pageFields, pageOf } from '../../cursor.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, mayChange, type Owned, scopeOf } from '../../scope.ts'
import { toFileRefusal } from '../file-refusal.ts'

const readers = ['owner', 'admin', 'auditor'] as const
const writers = ['owner', 'admin'] as const

const view = z.object({
  id: z.string(),
  /** The user of an app, `APP:USER`. Ids are unique within an owner only. */
  owner: z.string(),
  provider: z.string(),
  origin: z.string(),
  description: z.string().nullable(),
  team: z.string().nullable(),
  version: z.number(),
  isUsable: z.boolean(),
  createdAt: z.string(),
})

const query = z.strictObject({
  ...pageFields,
  q: z.string().max(200).optional(),
  provider: z.string().max(100).optional(),
})

const page = z.object({ items: z.array(view), next: z.string().nullable(), total: z.number() })

/** Returns the rows of `/split-keys`. */
export function splitKeyEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const { installation, clock } = deps
  const { splitKeysFile } = installation
  return [
    defineEndpoint({
      method: 'GET',
      path: '/split-keys',
      summary: 'Lists split keys of users of apps; nothing of a key is shown.',
      roles: readers,
      query,
      answers: { 200: page },
      handle: async (call) => ({ status: 200, body: await list(call, deps) }),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/split-keys/:id',
      summary: 'Removes a split key of an owner; its answers under way end.',
      roles: writers,
      event: 'split_key.removed',
      params: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{8,40}$/) }),
      query: z.strictObject({ owner: z.string().min(3).max(300) }),
      answers: { 204: null },
      // It only takes something away, so it is done even if it cannot be recorded.
      handle: async ({ params: { id }, query: { owner }, caller, recordEnded: record }) => {
        const isMeant = ({ team }: Owned) => mayChange(scopeOf(caller), { team: team ?? null })
        const wanted = { clock, record, isMeant }
        await orRefuse(() => removeSplitKey(splitKeysFile, { id, owner }, wanted))
        return { status: 204 }
      },
    }),
  ]
}

async function list(
  { query: asked, caller }: Call<unknown, z.output<typeof query>, unknown>,
  { installation }: ApiDeps,
) {
  const { limit, cursor, q, provider } = asked
  const scope = scopeOf(caller)
  const { splitKeysFile, providerOrigins } = installation
  const text = q?.trim().toLowerCase() ?? ''
  const rows = (await orRefuse(() => readSplitKeys(splitKeysFile))).filter(
    (row) =>
      isInScope(scope, row) &&
      (provider === undefined || row.provider === provider) &&
      [row.owner, row.id, row.description ?? ''].some((word) => word.toLowerCase().includes(text)),
  )
  const nameOf = ({ owner, id }: StoredSplitKey) => `${owner} ${id}`
  const sorted = rows.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
  const positionOf = (row: StoredSplitKey) => ({ by: nameOf(row), id: nameOf(row) })
  const order = { q: text, provider, of: scope.team }
  const { items, next, total } = pageOf(sorted, { limit, cursor }, { order, positionOf })
  return { items: items.map((row) => describeRow(row, providerOrigins)), next, total }
}

function describeRow(
  { id, owner, provider, origin, description, team, version, createdAt }: StoredSplitKey,
  origins: Readonly<Record<string, string>>,
): z.output<typeof view> {
  const isUsable = Object.hasOwn(origins, provider) && origins[provider] === origin
  const at = formatInstant(createdAt)
  return { id, owner, provider, origin, description, team, version, isUsable, createdAt: at }
}

async function orRefuse<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof SplitKeyError)) throw toFileRefusal(error)
    throw new ApiError('not_found', 'There is no such split key.')
  }
}
