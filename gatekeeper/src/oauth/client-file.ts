/**
 * Reads `keys/clients.json`: `{"version": 1, "clients": {"<id>": {...}}}`. All problems are
 * returned at once with their places; values are never quoted, because a misplaced value may be a
 * secret.
 */
import { z } from 'zod'
import { parseInstant } from '../lib/instant.ts'
import {
  type Finding,
  findDuplicates,
  findSyntaxProblem,
  placeFindings,
} from '../lib/json/entity-file.ts'
import { parsedText } from '../lib/json/parsed-text.ts'
import { plainIssue } from '../lib/json/plain-issue.ts'
import { isAddressRange } from '../lib/net/cidr.ts'
import type { Problem } from '../lib/problem.ts'
import { idChars } from '../model/app.ts'
import { clientIdForm } from '../model/credential-form.ts'
import { describeUnknownService, type KnownServices } from '../model/known-services.ts'
import { parseLimit } from '../model/limit.ts'
import { roles } from '../model/principal.ts'
import { isTeamName, teamForm } from '../model/team.ts'
import { appEntry } from './app-entry.ts'
import { type Client, defaultScopes } from './client.ts'

export type ClientFile = {
  readonly clients: readonly Client[]
  readonly problems: readonly Problem[]
}

const instant = parsedText(parseInstant, 'must be an instant: "2027-01-31T12:00:00Z"')
  .nullable()
  .default(null)

const limit = parsedText(parseLimit, 'must be a limit such as "60/min"')

const names = z
  .array(z.string().min(1).max(200))
  .max(1000)
  .meta({ examples: ['["ollama"]'] })

const secret = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the secret in lower-case hex'),
  createdAt: instant,
  expiresAt: instant,
})

/** RFC 6749 §3.3: visible ASCII without quote and backslash. */
const scope = z
  .string()
  .regex(
    /^[\x21\x23-\x5B\x5D-\x7E]+$/,
    'must be a scope value such as "chat": visible letters without blanks',
  )

const client = z.strictObject({
  role: z.enum(roles),
  services: names.default([]),
  scopes: z
    .array(scope)
    .max(100)
    .default([...defaultScopes]),
  secrets: z.array(secret).max(2).default([]),
  models: names.default([]),
  limits: z
    .array(limit)
    .max(50)
    .meta({ examples: ['["60/min"]'] })
    .default([]),
  addresses: z
    .array(
      z
        .string()
        .refine(
          isAddressRange,
          'must be an address or network such as "192.168.1.20" or "192.168.1.0/24"',
        ),
    )
    .max(1000)
    .default([]),
  disabled: z.boolean().default(false),
  createdAt: instant,
  expiresAt: instant,
  tokenSeconds: z.int().min(30).max(86_400).nullable().default(null),
  app: appEntry.nullable().default(null),
  madeBy: z
    .string()
    .regex(/^[0-9a-z]{10}$/, 'must be the id of a person')
    .nullable()
    .default(null),
  team: z.string().refine(isTeamName, teamForm).nullable().default(null),
})

const file = z.strictObject({
  version: z.literal(1),
  clients: z
    .record(z.string().regex(clientIdForm, 'is not a valid client id'), client)
    .superRefine((clients, context) => {
      for (const [id, entry] of Object.entries(clients)) {
        for (const { path, message } of findEntryFaults(id, entry)) {
          context.addIssue({ code: 'custom', path: [id, ...path], message })
        }
      }
    }),
})

type EntryFault = { readonly path: readonly string[]; readonly message: string }

/** Returns what two members together, or a member and the id, may not be. */
function findEntryFaults(id: string, { secrets, app }: z.output<typeof client>): EntryFault[] {
  const faults: EntryFault[] = []
  const isPublic = app?.public === true
  if (isPublic && secrets.length > 0) {
    const message = 'must be empty: a public app proves nothing, and anybody may know its secret'
    faults.push({ path: ['secrets'], message })
  }
  if (!isPublic && secrets.length === 0) {
    faults.push({ path: ['secrets'], message: 'must have at least 1 entry' })
  }
  if (app !== null && id.length < idChars.min) {
    faults.push({ path: ['app'], message: `needs an id of ${idChars.min} characters or more` })
  }
  return faults
}

/** Reads the text of the file; with problems there are no clients. */
export function parseClientFile(text: string, source: string): ClientFile {
  const syntax = findSyntaxProblem(text, source, 'Correct it, or restore a backup.')
  if (syntax !== null) return fail([syntax])
  const twice = findDuplicates(text, source)
  if (twice.length > 0) return fail(twice)
  const parsed = file.safeParse(JSON.parse(text), { error: plainIssue })
  if (!parsed.success)
    return fail(placeFindings(text, source, parsed.error.issues.flatMap(describe)))
  const clients = Object.entries(parsed.data.clients).map(([id, entry]) => toClient(id, entry))
  return { clients, problems: [] }
}

/** What a member of one client may not be; the path is that of the member: `app.totalPerDay`. */
export type ClientFault = { readonly path: string; readonly message: string }

/** Returns what is wrong with one client, by member. */
export function findClientFaults(id: string, entry: unknown): readonly ClientFault[] {
  const whole = { version: 1, clients: { [id]: entry } }
  const parsed = file.safeParse(whole, { error: plainIssue })
  if (parsed.success) return []
  return parsed.error.issues.map(({ path, message }) => {
    // The first two steps lead to the client itself.
    return { path: path.slice(2).map(String).join('.'), message }
  })
}

const fail = (problems: readonly Problem[]): ClientFile => ({ clients: [], problems })

function toClient(id: string, entry: z.output<typeof client>): Client {
  return { id, ...entry }
}

const remedy = '`npm run keys -- client add` writes whole clients; docs/guides/tokens.md shows one.'

function describe(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  // The id may be a misplaced secret, so only the member is named.
  const name = path.length > 2 ? path.slice(2).join('.') : 'this'
  if (issue.code === 'unrecognized_keys') {
    // The name is not quoted: it may be a misplaced secret.
    return issue.keys.map((key) => ({
      path: [...path, key],
      what: `unknown member; allowed members are ${issue.message}`,
      remedy,
    }))
  }
  return [{ path, what: `${name}: ${issue.message}`, remedy }]
}

/**
 * Returns a note for each service that a client names and that does not exist; `*` means every one.
 */
export function findUnknownServices(
  clients: readonly Client[],
  source: string,
  known: KnownServices,
): Problem[] {
  const isUnknown = (name: string) => name !== '*' && known.serviceNameOf(name) === null
  return clients.flatMap(({ id, services, app }) =>
    [...services, ...(app?.providers ?? [])]
      .filter(isUnknown)
      .map((name) => ({ source, ...describeUnknownService(`client ${id}`, name, known) })),
  )
}
