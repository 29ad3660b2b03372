/** Shapes of people in the admin API. */
import { z } from 'zod'
import { parseLimit } from '../../../../../gatekeeper/src/model/limit.ts'
import { personRoles } from '../../../../../gatekeeper/src/model/person.ts'
import { roles } from '../../../../../gatekeeper/src/model/principal.ts'
import { pageFields } from '../../cursor.ts'
import { oneLine } from '../../one-line.ts'
import { team } from '../keys/schema.ts'
import { shortId } from '../passkeys/schema.ts'

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(oneLine, 'must be one line without control characters')
    .regex(/\S/, 'must not be blank')

/** As in `user` of the person's keys; it never changes. */
export const personName = line(200)
  .refine((name) => name === name.trim(), 'must not begin or end with a blank')
  .refine((name) => !name.includes(':'), 'must not have a colon')

/** A limit as people write it; it stays a text. */
const limitText = z
  .string()
  .max(120)
  .refine((text) => parseLimit(text) !== null, 'must be a limit such as 60/min')

export const personAccess = z
  .strictObject({
    role: z.enum(roles),
    services: z.array(line(200)).max(1000),
    models: z.array(line(200)).max(1000).default([]),
    limits: z.array(limitText).max(50).default([]),
  })
  .meta({ id: 'PersonAccess' })

/** Members of the access to change; null takes one back (RFC 7396). */
const accessPatch = z.strictObject({
  role: z.enum(roles).optional(),
  services: z.array(line(200)).max(1000).optional(),
  models: z.array(line(200)).max(1000).nullish(),
  limits: z.array(limitText).max(50).nullish(),
})

const email = z
  .string()
  .max(254)
  .regex(/^[!-~]+$/, 'must have ASCII characters only')
  .regex(/^[^@<>"',;:\\[\]()]+@[^@<>"',;:\\[\]()]+$/, 'must be an e-mail address')

export const personChange = z.strictObject({
  title: line(200).nullish(),
  team: team.nullish(),
  role: z.enum(personRoles).optional(),
  disabled: z.boolean().optional(),
  serviceEmail: email.nullish(),
  access: accessPatch.nullish(),
})

export const personView = z
  .object({
    id: shortId,
    name: z.string(),
    title: z.string().nullable(),
    team: z.string().nullable(),
    role: z.enum(personRoles),
    disabled: z.boolean(),
    serviceEmail: z.string().nullable(),
    access: personAccess.nullable(),
    logins: z.array(z.object({ provider: z.string(), subject: z.string() })),
    passkeys: z.number(),
    lastSignInAt: z.string().nullable(),
    createdAt: z.string().nullable(),
    /** Keys that the person made, whatever their state. */
    keys: z.number(),
  })
  .meta({ id: 'Person' })

/** After a change of one's own role the session has a new second half. */
export const changedPerson = personView.extend({ session: z.string().optional() })

export const peopleQuery = z.strictObject({
  ...pageFields,
  q: z.string().max(200).optional(),
  role: z.enum(personRoles).optional(),
  team: z.string().max(100).optional(),
  sort: z.enum(['name', '-name', 'lastSignInAt', '-lastSignInAt']).default('name'),
})

export const peoplePage = z.object({
  items: z.array(personView),
  next: z.string().nullable(),
  total: z.number(),
})

/** What stops if the person is disabled. */
export const madeView = z.object({
  keys: z.array(
    z.object({ id: z.string(), user: z.string().nullable(), description: z.string().nullable() }),
  ),
  clients: z.array(z.object({ id: z.string(), isApp: z.boolean() })),
})

export const newInvitation = z.strictObject({
  name: personName,
  title: line(200).nullish(),
  team: team.nullish(),
  role: z.enum(personRoles),
  access: personAccess.nullish(),
})

/** Shown once. */
export const madeLink = z.object({
  id: shortId,
  link: z.string(),
  code: z.string(),
  expiresAt: z.string(),
})

export const invitationList = z.object({
  items: z.array(
    z.object({
      id: shortId,
      kind: z.enum(['setup', 'invite', 'reset']),
      name: z.string(),
      title: z.string().nullable(),
      team: z.string().nullable(),
      role: z.enum(personRoles),
      invitedBy: z.string(),
      createdAt: z.string(),
      expiresAt: z.string(),
    }),
  ),
})

export const erasedView = z.object({
  reference: z.string().nullable(),
  keys: z.array(z.string()),
  left: z.array(z.string()),
})
