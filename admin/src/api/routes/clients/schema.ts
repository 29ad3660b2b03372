/** Shapes of clients in the admin API. What members may say, the reader of `clients.json` judges. */
import { z } from 'zod'
import { clientIdForm } from '../../../../../gatekeeper/src/model/credential-form.ts'
import { roles } from '../../../../../gatekeeper/src/model/principal.ts'
import { pageFields } from '../../cursor.ts'
import { limitView, makerProblem, team } from '../keys/schema.ts'

export const clientId = z
  .string()
  .max(128)
  .regex(clientIdForm, 'must be letters, digits and . _ - such as ci-runner')

const names = z.array(z.string().min(1).max(200)).max(1000)
const quota = z.int().min(0).nullable()

/** What an app's users may do; a quota of null is none. */
const app = z.strictObject({
  public: z.boolean().optional(),
  tokenDays: z.number().optional(),
  dailyQuota: quota.optional(),
  monthlyQuota: quota.optional(),
  totalPerDay: quota.optional(),
  origins: names.optional(),
  allowNoOrigin: z.boolean().optional(),
  providers: names.optional(),
  models: names.optional(),
})

const members = {
  role: z.enum(roles).optional(),
  services: names.optional(),
  scopes: names.nullish(),
  models: names.nullish(),
  limits: names.nullish(),
  addresses: names.nullish(),
  expiresAt: z.string().max(40).nullish(),
  tokenSeconds: z.int().nullish(),
  disabled: z.boolean().optional(),
  app: app.optional(),
  team: team.nullish(),
}

export const newClient = z.strictObject(members)
export const clientChange = z.strictObject(members)
export type ClientBody = z.output<typeof clientChange>

export const clientQuery = z.strictObject({
  ...pageFields,
  q: z.string().max(200).optional(),
  /** `app` for apps, `client` for the others. */
  kind: z.enum(['app', 'client']).optional(),
  team: z.string().max(100).optional(),
})
export type ClientQuery = z.output<typeof clientQuery>

const appView = z.object({
  public: z.boolean(),
  tokenDays: z.number(),
  dailyQuota: quota,
  monthlyQuota: quota,
  totalPerDay: quota,
  origins: z.array(z.string()),
  allowNoOrigin: z.boolean(),
  providers: z.array(z.string()),
  models: z.array(z.string()),
})

export const clientView = z.object({
  id: z.string(),
  /** Made by the environment: it can be changed there alone. */
  isFixed: z.boolean(),
  role: z.enum(roles),
  services: z.array(z.string()),
  scopes: z.array(z.string()),
  models: z.array(z.string()),
  limits: z.array(limitView),
  addresses: z.array(z.string()),
  state: z.enum(['active', 'rotating', 'disabled', 'expired']),
  disabled: z.boolean(),
  madeBy: z.string().nullable(),
  madeByName: z.string().nullable(),
  makerProblem,
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  tokenSeconds: z.number().nullable(),
  team: z.string().nullable(),
  rotation: z.object({ oldUntil: z.string().nullable() }).nullable(),
  app: appView.nullable(),
})
export type ClientView = z.output<typeof clientView>

export const clientPage = z.object({
  items: z.array(clientView),
  next: z.string().nullable(),
  total: z.number(),
  counts: z.object({ all: z.number(), app: z.number(), client: z.number() }),
})

/** The secret stands here once, and nowhere else; null for a public app, which has none. */
export const madeClient = clientView.extend({ secret: z.string().nullable() })

/** Null where the old secret stopped at once. */
export const rotatedClient = madeClient.extend({ oldWorksUntil: z.string().nullable() })
