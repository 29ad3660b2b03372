/** Answers of `/health`, `/status` and `/admin/health`. */
import { z } from 'zod'

export const healthAnswer = z.strictObject({
  status: z.literal('ok'),
  timestamp: z.string(),
  version: z.string(),
})

const limit = z.strictObject({
  limit: z.string(),
  scope: z.string(),
  service: z.string().optional(),
  unit: z.string(),
  amount: z.number(),
  used: z.number().optional(),
  remaining: z.number().optional(),
  resetAt: z.string().nullable().optional(),
})

export const statusAnswer = z.strictObject({
  id: z.string(),
  user: z.string(),
  role: z.string(),
  services: z.array(z.string()),
  models: z.array(z.string()),
  expiresAt: z.string().nullable(),
  limits: z.array(limit),
  reads: limit.nullable(),
})

export const adminHealthAnswer = z.strictObject({
  status: z.enum(['ok', 'degraded', 'failing']),
  services: z.array(
    z.strictObject({
      name: z.string(),
      configured: z.boolean(),
      reachable: z.boolean(),
      checkedAt: z.string().nullable(),
    }),
  ),
  providers: z.array(
    z.strictObject({
      name: z.string(),
      configured: z.boolean(),
      keySource: z.enum(['env', 'vault', 'none']),
    }),
  ),
  stores: z.array(z.strictObject({ name: z.string(), latencyMs: z.number().nullable() })),
  degraded: z.array(z.string()),
})
