/** Queries, bodies and answers of `/admin/ip-rules`. */
import { z } from 'zod'
import { pageFields, pageOf, success } from './page.ts'

/** The older words are understood, and answered as ours. */
const type = z
  .enum(['allow', 'deny', 'whitelist', 'blacklist'])
  .transform((word): 'allow' | 'deny' =>
    word === 'allow' || word === 'whitelist' ? 'allow' : 'deny',
  )

const name = z.string().min(1).max(257)

export const newRule = z.strictObject({
  ip: z.string().min(1).max(64),
  type,
  reason: z.string().min(1).max(500).nullish(),
  app: name.nullish(),
  user: name.nullish(),
  active: z.boolean().default(true),
  confirm: z.boolean().default(false),
})

export const ruleQuery = z.strictObject({ type: type.optional(), ...pageFields })

const rule = z.strictObject({
  id: z.string(),
  ip: z.string(),
  type: z.enum(['allow', 'deny']),
  reason: z.string().nullable(),
  active: z.boolean(),
  app: z.string().nullable(),
  user: z.string().nullable(),
  addedBy: z.string().nullable(),
  createdAt: z.string().nullable(),
})

export const ruleAnswer = success(rule)
export const rulesAnswer = pageOf(rule)
export const rulesRemoved = success(z.array(rule))
