/**
 * Reads `keys/people.json`: `{"version": 1, "people": {"<id>": {...}}}`, who may sign in and what
 * each of them may use. All problems are returned at once with their places.
 */
import { z } from 'zod'
import { parseInstant } from '../lib/instant.ts'
import { parsedText } from '../lib/json/parsed-text.ts'
import { readSchemaFile } from '../lib/json/schema-file.ts'
import { parseLimit } from '../model/limit.ts'
import { type Person, personRoles } from '../model/person.ts'
import { roles } from '../model/principal.ts'
import { isTeamName, teamForm } from '../model/team.ts'

/** The most people of an installation. */
export const peopleMax = 1000

/** The most accounts at login providers that one person may sign in with. */
export const loginsMax = 20

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line without control characters')
    .regex(/\S/u, 'must not be blank')

/** The name of a person: as the user of keys, without the colon of an app's user (`APP:USER`). */
export const personName = line(200)
  .refine((name) => name === name.trim(), 'must not begin or end with a blank')
  .refine((name) => !name.includes(':'), 'must not have a colon, which users of apps have')

const names = z
  .array(line(200))
  .max(1000)
  .meta({ examples: ['["ollama"]'] })
  .default([])

const limit = parsedText(parseLimit, 'must be a limit such as "60/min"')

/** What a person may use. */
export const personAccess = z.strictObject({
  role: z.enum(roles),
  services: names,
  models: names,
  limits: z
    .array(limit)
    .max(50)
    .meta({ examples: ['["60/min"]'] })
    .default([]),
})

/** An account at a login provider. */
export const personLogin = z.strictObject({
  provider: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be the name of a login provider'),
  subject: line(500),
})

/** The further name of a person, for people who read lists. */
export const personTitle = line(200)

/** The address that services are told. ASCII alone: it is sent in a field. */
export const serviceEmail = z
  .string()
  .max(254)
  .regex(/^[^\s@<>"',;:\\[\]()]+@[^\s@<>"',;:\\[\]()]+$/, 'must be an e-mail address')
  .regex(/^[\x21-\x7e]*$/, 'must have ASCII characters only')

/** The team of a person. */
export const personTeam = z.string().refine(isTeamName, teamForm)

const person = z.strictObject({
  name: personName,
  team: personTeam.nullable().default(null),
  title: personTitle.nullable().default(null),
  role: z.enum(personRoles),
  disabled: z.boolean().default(false),
  serviceEmail: serviceEmail.nullable().default(null),
  access: personAccess.nullable().default(null),
  logins: z.array(personLogin).max(loginsMax).default([]),
  createdAt: parsedText(parseInstant, 'must be an instant: "2027-01-31T12:00:00Z"')
    .nullable()
    .default(null),
})

type Entries = Readonly<Record<string, z.output<typeof person>>>

const file = z.strictObject({
  version: z.literal(1),
  people: z
    .record(z.string().regex(/^[0-9a-z]{10}$/, 'is not a valid id of a person'), person)
    .refine(
      (people) => Object.keys(people).length <= peopleMax,
      `has more than ${peopleMax} people`,
    )
    .superRefine((people, context) => {
      for (const { path, message } of [...findRepeated(people), ...findOwnersOfTeams(people)]) {
        context.addIssue({ code: 'custom', path: [...path], message })
      }
    }),
})

type Repeated = { readonly path: readonly (string | number)[]; readonly message: string }

/** Two people of one name would share a usage; two of one login, a session. */
function findRepeated(people: Entries): Repeated[] {
  const seen = new Set<string>()
  const isNew = (text: string) => !seen.has(text) && seen.add(text) !== null
  return Object.entries(people).flatMap(([id, { name, logins }]) => [
    ...(isNew(JSON.stringify(['name', name]))
      ? []
      : [{ path: [id, 'name'], message: 'is the name of another person' }]),
    ...logins.flatMap(({ provider, subject }, at) =>
      isNew(JSON.stringify(['login', provider, subject]))
        ? []
        : [{ path: [id, 'logins', at], message: 'is given twice, here or for another person' }],
    ),
  ])
}

/** An owner decides about everything: one within a team would be nobody that others understand. */
function findOwnersOfTeams(people: Entries): Repeated[] {
  return Object.entries(people)
    .filter(([, { role, team }]) => role === 'owner' && team !== null)
    .map(([id]) => ({ path: [id, 'team'], message: 'must be null: an owner is of no team' }))
}

const remedy = '`npm run people -- invite` writes whole people; docs/guides/people.md shows one.'

/** Returns the people of the text. Throws a ProblemsError with every problem and its place. */
export function parsePeopleFile(text: string, source: string): readonly Person[] {
  const { people } = readSchemaFile(text, source, { schema: file, remedy })
  return Object.entries(people).map(([id, entry]) => ({ id, ...entry }))
}
