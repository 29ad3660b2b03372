/** Queries and answers of `/analytics`. */
import { z } from 'zod'
import { success } from './page.ts'

/** RFC 3339, or days of the time zone; the last 30 days as shipped. */
export const periodFields = { startDate: z.string().optional(), endDate: z.string().optional() }
export const analyticsQuery = z.strictObject(periodFields)

const totals = z.strictObject({
  requests: z.int(),
  successful: z.int(),
  failed: z.int(),
  tokens: z.int(),
  costUsd: z.number(),
})
const used = { requests: z.int(), tokens: z.int(), costUsd: z.number() }
const byApi = z.array(z.strictObject({ api: z.string(), ...used, averageMs: z.int() }))
const caller = { userId: z.string(), appId: z.string().nullable() }
const failures = { total: z.int(), failed: z.int(), rate: z.number() }

export const overviewAnswer = success(
  z.strictObject({
    period: z.strictObject({ startDate: z.string(), endDate: z.string() }),
    totals,
    byApi,
    topUsers: z.array(z.strictObject({ ...caller, ...used })),
    byHour: z.array(z.strictObject({ hour: z.int(), requests: z.int() })),
  }),
)

export const costsAnswer = success(
  z.strictObject({
    totalUsd: z.number(),
    byApi: z.array(z.strictObject({ api: z.string(), costUsd: z.number(), percent: z.number() })),
  }),
)

export const errorsAnswer = success(
  z.strictObject({
    ...failures,
    byApi: z.array(z.strictObject({ api: z.string(), ...failures })),
    byStatus: z.record(z.string(), z.int()),
  }),
)

const call = z.strictObject({
  at: z.string(),
  api: z.string(),
  endpoint: z.string().nullable(),
  model: z.string().nullable(),
  status: z.int(),
  tokensIn: z.int(),
  tokensOut: z.int(),
  costUsd: z.number(),
  durationMs: z.int(),
  splitKey: z.string().nullable(),
})

export const userReportAnswer = success(
  z.strictObject({ user: z.strictObject(caller), totals, byApi, recent: z.array(call) }),
)
