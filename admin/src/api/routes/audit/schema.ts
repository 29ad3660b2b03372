import { z } from 'zod'
import { pageFields } from '../../cursor.ts'

const text = z.string().min(1).max(300)

export const auditFilters = {
  /** Both if it is left out. */
  chain: z.enum(['acts', 'requests']).optional(),
  /** `key.added`, or `key` for all of `key.*`. */
  event: text.optional(),
  user: text.optional(),
  /** `key:ID`, `client:ID`, or the id of a key. */
  key: text.optional(),
  service: text.optional(),
  reason: text.optional(),
  /** An address or a range. */
  address: z.string().max(60).optional(),
  /** Any text of a record, in any case. */
  q: text.optional(),
  /** The id of a request: its record and its acts. */
  request: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, 'must be the id of a request')
    .optional(),
  success: z.enum(['true', 'false']).optional(),
  since: z.string().max(40).optional(),
  until: z.string().max(40).optional(),
}
export const auditQuery = z.strictObject({ ...auditFilters, ...pageFields })
export const exportQuery = z.strictObject(auditFilters)

export const auditRecord = z.object({
  /** The chain and the number in it: `acts-12`. */
  id: z.string(),
  at: z.string(),
  event: z.string(),
  /** Who did it: a user, a principal, or a system user. */
  actor: z.string().nullable(),
  about: z.string().nullable(),
  success: z.boolean(),
  requestId: z.string().nullable(),
  team: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
})

export const auditPage = z.object({
  items: z.array(auditRecord),
  /** A page may be short, or empty, and not the last one: a bounded part of the files was read. */
  next: z.string().nullable(),
  /** Always null: counting them would read every file. */
  total: z.null(),
  /** Everything from this instant on was looked at; null if all of it was. */
  lookedBackTo: z.string().nullable(),
})

export const verification = z.object({
  /** Null before the first verification has ended. */
  isIntact: z.boolean().nullable(),
  verifiedAt: z.string().nullable(),
  isRunning: z.boolean(),
  chains: z.array(
    z.object({
      name: z.string(),
      records: z.number().int(),
      /** The last verified record, and the beginning of its hash. */
      head: z.object({ sequence: z.number().int(), hash: z.string() }),
      /** The first fault; null if there is none. */
      problem: z.string().nullable(),
      faults: z.number().int(),
      notes: z.array(z.string()),
    }),
  ),
})

export const anomalies = z.object({
  rules: z.object({ factor: z.number(), requestsMin: z.number(), days: z.number() }),
  items: z.array(
    z.object({
      ...{ key: z.string(), user: z.string().nullable(), hour: z.string() },
      ...{ requests: z.number(), meanRequests: z.number() },
      ...{ microUsd: z.string(), meanMicroUsd: z.string() },
    }),
  ),
})
