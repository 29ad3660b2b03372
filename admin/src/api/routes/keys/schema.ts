/** Shapes of keys in the admin API. What the members may say, the reader of `keys.json` judges. */
import { z } from 'zod'
import { capNames } from '../../../../../gatekeeper/src/model/caps.ts'
import { roles } from '../../../../../gatekeeper/src/model/principal.ts'
import { isTeamName, teamForm } from '../../../../../gatekeeper/src/model/team.ts'
import { keySorts, keyStates } from '../../../../../gatekeeper/src/operations/keys/key-list.ts'
import { pageFields } from '../../cursor.ts'

/** Drawn by the caller, so that repeating a creation is harmless. */
export const keyId = z.string().regex(/^[0-9a-z]{10}$/, 'must be ten characters of 0-9a-z')

/** Imported keys of older set-ups have longer ids, and no secret of our form. */
export const anyKeyId = z.string().regex(/^(?:[0-9a-z]{10}|plain-[0-9a-z-]{1,110})$/)

const names = z.array(z.string().min(1).max(200)).max(1000)
const texts = z.array(z.string().max(120)).max(50)
const instant = z.string().max(40)
const cap = z.int().min(0)

/** The name of a team. */
export const team = z.string().refine(isTeamName, teamForm)
const caps = z.strictObject({
  keepAliveSeconds: cap.nullish(),
  contextTokens: cap.nullish(),
  outputTokens: cap.nullish(),
  imageBytes: cap.nullish(),
}) satisfies z.ZodType<{ [name in (typeof capNames)[number]]?: number | null | undefined }>

/** The members that a change may name; null takes one back. */
const members = {
  user: z.string().min(1).max(200).optional(),
  role: z.enum(roles).optional(),
  services: names.optional(),
  description: z.string().max(500).nullish(),
  tags: z.array(z.string().max(200)).max(50).nullish(),
  expiresAt: instant.nullish(),
  noExpiryReason: z.string().max(500).nullish(),
  disabled: z.boolean().optional(),
  models: names.nullish(),
  addresses: names.nullish(),
  origins: names.nullish(),
  limits: texts.nullish(),
  caps: caps.nullish(),
  cloudModels: z.boolean().nullish(),
  weight: z.int().min(1).max(100).nullish(),
  team: team.nullish(),
}

export const keyChange = z.strictObject(members)
export type KeyChangeBody = z.output<typeof keyChange>

/** A creation also takes four members in the words of other gateways. */
export const newKey = z.strictObject({
  ...members,
  usageLimit: z.string().max(80).nullish(),
  rateLimit: z.string().max(80).nullish(),
  allowedModels: names.nullish(),
  allowedIPs: names.nullish(),
})
export type NewKeyBody = z.output<typeof newKey>

export const keyQuery = z.strictObject({
  ...pageFields,
  q: z.string().max(200).optional(),
  sort: z.enum(keySorts.flatMap((sort) => [sort, `-${sort}` as const])).default('user'),
  state: z.enum(keyStates).optional(),
  user: z.string().max(200).optional(),
  service: z.string().max(200).optional(),
  tag: z.string().max(200).optional(),
  team: z.string().max(100).optional(),
})
export type KeyQuery = z.output<typeof keyQuery>

export const limitView = z.object({
  text: z.string(),
  /** Null where nobody knows: the gatekeeper does not answer, or the limit is of one request. */
  used: z.number().nullable(),
  limit: z.number(),
  unit: z.string(),
  resetsAt: z.string().nullable(),
})
export type LimitView = z.output<typeof limitView>

/** Why the person who made it stops it: nothing is granted beyond what that person has. */
export const makerProblem = z.enum(['gone', 'disabled', 'no-access']).nullable()

export const keyView = z.object({
  id: z.string(),
  user: z.string(),
  role: z.enum(roles),
  services: z.array(z.string()),
  unknownServices: z.array(z.string()),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  state: z.enum(['active', 'rotating', 'disabled', 'expired']),
  isExpiring: z.boolean(),
  isUnused: z.boolean(),
  disabled: z.boolean(),
  madeBy: z.string().nullable(),
  madeByName: z.string().nullable(),
  team: z.string().nullable(),
  makerProblem,
  createdAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  noExpiryReason: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  models: z.array(z.string()),
  addresses: z.array(z.string()),
  origins: z.array(z.string()),
  limits: z.array(limitView),
  cloudModels: z.boolean().nullable(),
  caps: z.record(z.enum(capNames), z.number().nullable()),
  weight: z.number().nullable(),
  rotation: z.object({ oldUntil: z.string().nullable() }).nullable(),
})
export type KeyView = z.output<typeof keyView>

const count = z.number()
export const keyPage = z.object({
  items: z.array(keyView),
  next: z.string().nullable(),
  total: count,
  counts: z.object({
    ...{ all: count, active: count, expiring: count, unused: count },
    ...{ disabled: count, expired: count, rotating: count },
  }),
  /** Why last uses are unknown; null if they are known. */
  usesProblem: z.string().nullable(),
})

/** The secret stands here once, and nowhere else. */
export const madeKey = keyView.extend({ key: z.string() })

/** Null where the old secret stopped at once. */
export const rotatedKey = madeKey.extend({ oldWorksUntil: z.string().nullable() })
