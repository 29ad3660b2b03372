import { z } from 'zod'
import { personRoles } from '../../../../../gatekeeper/src/model/person.ts'

const instant = z.iso.datetime()

const degraded = z.array(z.strictObject({ part: z.string(), what: z.string(), remedy: z.string() }))

/** The answer of `GET /session`. */
export const sessionView = z.strictObject({
  person: z.strictObject({
    id: z.string(),
    name: z.string(),
    title: z.string().nullable(),
    team: z.string().nullable(),
    role: z.enum(personRoles),
    access: z
      .strictObject({
        role: z.string(),
        services: z.array(z.string()),
        models: z.array(z.string()),
        limits: z.array(z.string()),
      })
      .nullable(),
    /** Accounts of login providers that sign this person in. */
    logins: z.array(z.strictObject({ provider: z.string(), subject: z.string() })),
  }),
  session: z.strictObject({
    id: z.string(),
    createdAt: instant,
    authenticatedAt: instant,
    idleUntil: instant,
    endsAt: instant,
  }),
  passkeys: z.number().int(),
  site: z.strictObject({ consoleUrl: z.string(), baseUrl: z.string(), version: z.string() }),
  /** Names of the teams that something names; empty within a team, and where there is none. */
  teams: z.array(z.string()),
  /** What the caller may see of each thing. */
  counts: z.strictObject({
    keys: z.number().int(),
    clients: z.number().int(),
    people: z.number().int(),
    providerKeys: z.number().int(),
  }),
  degraded,
})
