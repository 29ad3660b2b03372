import { z } from 'zod'
import { bucketSizes } from '../../../../../gatekeeper/src/operations/usage/sums/bucket-start.ts'
import { pageFields } from '../../cursor.ts'

const name = z.string().min(1).max(300)
const period = { since: z.string().max(40).optional(), until: z.string().max(40).optional() }

export const groupings = ['user', 'key', 'model', 'service', 'day'] as const
export type Grouping = (typeof groupings)[number]

export const usageQuery = z.strictObject({
  ...period,
  by: z.enum(groupings).default('user'),
  bucket: z.enum(bucketSizes).optional(),
  user: name.optional(),
})

/** What requests are chosen by. */
export const requestFilters = {
  ...period,
  user: name.optional(),
  /** A principal: `key:ID`. */
  key: name.optional(),
  service: name.optional(),
  model: name.optional(),
  status: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a status such as 502')
    .transform(Number)
    .optional(),
  failed: z.literal('true').optional(),
}
export const requestsQuery = z.strictObject({ ...requestFilters, ...pageFields })
/** With `by` the sums of each group, otherwise every request. */
export const exportQuery = z.strictObject({
  ...requestFilters,
  by: z.enum(groupings).optional(),
})

const microUsd = z.string().regex(/^\d+$/).meta({ description: 'Integer micro-dollars' })
const count = z.number().int()
const totals = z.object({
  ...{ requests: count, failed: count, refused: count },
  ...{ tokensIn: count, tokensOut: count, microUsd },
})
export const bucket = z.object({
  at: z.string(),
  /** Refused requests, of all services. */
  refused: count,
  /** Groups of little use are one: `others`. A group without a name is ''. */
  groups: z.record(z.string(), z.object({ requests: count, tokens: count, microUsd })),
})
const group = z.object({
  /** Null where there is none: a request without a model. */
  name: z.string().nullable(),
  /** For keys: whose it is. */
  user: z.string().nullable(),
  ...{ requests: count, failed: count, tokensIn: count, tokensOut: count, microUsd },
  averageMs: count,
  /** The model of most of the money, else of most tokens; for a model the user. */
  mostly: z.string().nullable(),
})
export const usageReport = z.object({
  period: z.object({
    ...{ since: z.string(), until: z.string() },
    ...{ bucket: z.enum(bucketSizes), timeZone: z.string() },
  }),
  totals,
  /** Of the period of the same length before this one. */
  before: totals,
  buckets: z.array(bucket),
  /** The most expensive first; at most 500. */
  groups: z.array(group),
  groupCount: count,
  /** False while the usage log is counted for the first time: figures still grow. */
  isComplete: z.boolean(),
})

export const requestsPage = z.object({
  items: z.array(
    z.object({
      ...{ id: count, at: z.string(), requestId: z.string() },
      ...{ user: z.string().nullable(), key: z.string(), service: z.string() },
      ...{ model: z.string().nullable(), endpoint: z.string().nullable() },
      ...{ status: count, outcome: z.string(), tokensIn: count, tokensOut: count, microUsd },
      ...{ durationMs: count, queueMs: count },
    }),
  ),
  /** A page may be short, or empty, and not the last one. */
  next: z.string().nullable(),
})

const figures = z.object({ requests: count, tokens: count, microUsd, refused: count })
export const overview = z.object({
  timeZone: z.string(),
  today: figures,
  /** The day before until the same time of day. */
  yesterday: figures,
  month: z.object({ microUsd }),
  /** The last 24 hours by service, in quarters of an hour. */
  buckets: z.array(bucket),
  topUsers: z.array(z.object({ name: z.string(), requests: count, tokens: count, microUsd })),
  /** The newest ten. */
  refusals: z.array(
    z.object({
      ...{ at: z.string(), requestId: z.string(), user: z.string().nullable() },
      ...{ key: z.string().nullable(), method: z.string(), path: z.string() },
      ...{ service: z.string().nullable(), reason: z.string(), status: count },
    }),
  ),
  isComplete: z.boolean(),
})
