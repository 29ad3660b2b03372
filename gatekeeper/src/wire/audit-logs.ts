/** Queries and answers of `/admin/audit-logs`. */
import { z } from 'zod'
import { periodFields } from './analytics.ts'
import { count, pageFields, pageOf, success } from './page.ts'

export const auditQuery = z.strictObject({
  ...pageFields,
  action: z.string().min(1).max(100).optional(),
  success: z.enum(['true', 'false']).optional(),
  ...periodFields,
})
export const auditStatsQuery = z.strictObject({
  days: count(90)
    .refine((days) => days > 0, 'is 0')
    .default(7),
})
export const auditFailedQuery = z.strictObject({ limit: count(200).default(20) })

/** The answer is complete from this instant on only. */
const incomplete = { incomplete: z.strictObject({ since: z.string() }).optional() }

const record = z.strictObject({
  id: z.string(),
  timestamp: z.string(),
  userId: z.string().nullable(),
  organizationId: z.string().nullable(),
  action: z.string(),
  resourceType: z.string(),
  resourceId: z.string().nullable(),
  metadata: z.looseObject({}),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  success: z.boolean(),
})

const sums = { total: z.int(), successful: z.int(), failed: z.int() }

export const auditAnswer = pageOf(record).extend(incomplete)
export const auditFailedAnswer = success(z.array(record)).extend(incomplete)
export const auditStatsAnswer = success(
  z.strictObject({
    ...sums,
    byAction: z.record(z.string(), z.int()),
    byDay: z.array(z.strictObject({ date: z.string(), ...sums })),
    ...incomplete,
  }),
)
