import { z } from 'zod'
import { shortId } from '../passkeys/schema.ts'

export const sessionQuery = z.strictObject({ person: shortId.optional() })

export const sessionView = z
  .object({
    id: shortId,
    person: z.object({ id: shortId, name: z.string() }),
    method: z.string(),
    createdAt: z.string(),
    lastSeenAt: z.string(),
    endsAt: z.string(),
    address: z.string(),
    agent: z.string().nullable(),
    isCurrent: z.boolean(),
  })
  .meta({ id: 'Session' })

export const sessionList = z.object({ items: z.array(sessionView) })
export const endedSessions = z.object({ ended: z.number() })

export const signinList = z.object({
  items: z.array(
    z.object({
      at: z.string(),
      event: z.string(),
      success: z.boolean(),
      method: z.string().nullable(),
      provider: z.string().nullable(),
      why: z.string().nullable(),
      address: z.string().nullable(),
    }),
  ),
})
