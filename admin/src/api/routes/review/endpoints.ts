/** The review of rights: everybody who may call something or sign in, with the last use. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { readReviewDue } from '../../../../../gatekeeper/src/operations/keys/review-due.ts'
import {
  type Rights,
  readRights,
  recordReview,
} from '../../../../../gatekeeper/src/operations/keys/rights.ts'
import { lastSignIns } from '../../../store/last-sign-ins.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { pageFields, pageOf } from '../../cursor.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { type Holder, holdersOf, kinds, marks } from './holders.ts'

const seers = ['owner', 'admin', 'auditor'] as const

const holder = z.object({
  ...{ kind: z.enum(kinds), id: z.string(), name: z.string() },
  role: z.string(),
  services: z.array(z.string()),
  limits: z.array(z.string()),
  ...{ createdAt: z.string().nullable(), expiresAt: z.string().nullable() },
  /** When it was last used, or the person last signed in. */
  lastUsedAt: z.string().nullable(),
  isActive: z.boolean(),
  /** What to look at. */
  marks: z.array(z.enum(marks)),
})
const counts = z.object({
  ...{ all: z.number(), key: z.number(), client: z.number(), person: z.number() },
  marked: z.number(),
})
const review = z.object({
  lastReview: z.object({ at: z.string(), by: z.string().nullable() }).nullable(),
  ...{ everyDays: z.number(), dueAt: z.string().nullable(), isDue: z.boolean() },
  /** Why last uses are unknown; null if they are known. */
  problem: z.string().nullable(),
  items: z.array(holder),
  ...{ next: z.string().nullable(), total: z.number(), counts },
})
const query = z.strictObject({
  kind: z.enum(kinds).optional(),
  /** Only what has a mark. */
  marked: z.literal('true').optional(),
  q: z.string().max(200).optional(),
  ...pageFields,
})

/** Returns the rows of `/review`. */
export function reviewEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/review',
      summary: 'Lists keys, clients and people with their rights and last use, for a review.',
      roles: seers,
      query,
      answers: { 200: review },
      handle: async ({ query: asked }) => ({ status: 200, body: await answer(asked, deps) }),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/review',
      summary: 'Records that keys, clients and people were reviewed.',
      roles: ['owner', 'admin'],
      event: 'review.done',
      answers: { 200: z.object({ at: z.string() }) },
      handle: async ({ record }) => {
        await recordReview(await readRights(deps.installation), { record })
        return { status: 200, body: { at: formatInstant(deps.clock()) } }
      },
    }),
  ]
}

async function answer({ kind, marked, q, ...page }: z.output<typeof query>, deps: ApiDeps) {
  const { installation, people, clock, store } = deps
  const rights = await readRights(installation)
  const signIns = await lastSignIns(store)
  const now = clock()
  const all = holdersOf({ ...rights, people: people.all(), signIns }, now)
  const text = q?.toLowerCase()
  const wanted = all.filter(
    (one) =>
      (kind === undefined || one.kind === kind) &&
      (marked === undefined || one.marks.length > 0) &&
      (text === undefined || `${one.id} ${one.name} ${one.services}`.toLowerCase().includes(text)),
  )
  const { everyDays, dueAt } = readReviewDue(rights, installation)
  const positionOf = ({ kind: of, id }: Holder) => ({ by: null, id: `${of}:${id}` })
  return {
    ...describeLast(rights, deps),
    ...{ everyDays, dueAt: dueAt === null ? null : formatInstant(dueAt) },
    isDue: dueAt !== null && dueAt < now,
    problem: rights.problem,
    ...pageOf(wanted, page, { order: { kind, marked, q }, positionOf }),
    counts: countsOf(all),
  }
}

function describeLast({ lastReview }: Rights, { people }: Pick<ApiDeps, 'people'>) {
  if (lastReview === null) return { lastReview }
  const { at, by } = lastReview
  const id = /^person:(.+)$/.exec(by ?? '')?.[1]
  const person = id === undefined ? null : people.find(id)
  return { lastReview: { at, by: person?.name ?? by } }
}

function countsOf(all: readonly Holder[]) {
  const of = (kind: Holder['kind']) => all.filter((one) => one.kind === kind).length
  return {
    ...{ all: all.length, key: of('key'), client: of('client'), person: of('person') },
    marked: all.filter((one) => one.marks.length > 0).length,
  }
}
