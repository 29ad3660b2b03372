/** Bodies and answers of `/auth`. */
import { z } from 'zod'
import { idChars, isUserId } from '../model/app.ts'
import { done } from './page.ts'

const id = z.string().min(idChars.min).max(idChars.max).refine(isUserId, 'has control characters')

export const tokenRequest = z.strictObject({
  userId: id,
  appId: id,
  client_secret: z.string().optional(),
})

const user = z.strictObject({
  userId: z.string(),
  appId: z.string(),
  dailyQuota: z.number().nullable(),
  monthlyQuota: z.number().nullable(),
  requestsToday: z.int(),
  requestsMonth: z.int(),
})

export const tokenAnswer = z.strictObject({
  success: z.literal(true),
  token: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.string(),
  expiresInSeconds: z.int(),
  user,
  message: z.string(),
})

export const verifyAnswer = z.strictObject({ valid: z.literal(true), user })

export const tokenInfoAnswer = z.strictObject({
  user: z.strictObject({ userId: z.string(), appId: z.string() }),
  issuedAt: z.string(),
  expiresAt: z.string(),
  expiresInSeconds: z.int(),
  expiresInHours: z.number(),
  isBlacklisted: z.literal(false),
})

export const logoutAnswer = done
