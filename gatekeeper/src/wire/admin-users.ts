/** Queries, bodies and answers of `/admin/users`. */
import { z } from 'zod'
import { quotaMax } from '../model/app.ts'
import { done, pageFields, pageOf, success } from './page.ts'

const quota = z.number().int().min(0).max(quotaMax).nullable()
const quotas = { dailyQuota: quota.exactOptional(), monthlyQuota: quota.exactOptional() }

export const newUser = z.strictObject({ userId: z.string(), appId: z.string(), ...quotas })
export const newQuota = z
  .strictObject(quotas)
  .refine((value) => Object.keys(value).length > 0, 'names no quota')
export const userQuery = z.strictObject(pageFields)

const user = z.strictObject({
  userId: z.string(),
  appId: z.string(),
  isActive: z.boolean(),
  dailyQuota: z.number().nullable(),
  monthlyQuota: z.number().nullable(),
  requestsToday: z.int(),
  requestsMonth: z.int(),
  totalCost: z.number(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string().nullable(),
})

export const userAnswer = success(user)
export const usersAnswer = pageOf(user)
export const userRemoved = done
