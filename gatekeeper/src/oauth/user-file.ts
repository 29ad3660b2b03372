/**
 * Reads `keys/users.json`: `{"version": 1, "users": {"APP:USER": {...}}}`, what is different for
 * single users of apps. All problems are returned at once with their places; neither values nor
 * names of users are quoted.
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
import type { Problem } from '../lib/problem.ts'
import { isUserId, readUserName, type UserException } from '../model/app.ts'
import { clientIdForm } from '../model/credential-form.ts'
import { quota } from './app-entry.ts'

/** Users by their name, `APP:USER`. */
export type UserExceptions = ReadonlyMap<string, UserException>

export type UserFile = {
  readonly users: UserExceptions
  readonly problems: readonly Problem[]
}

/** Users without an exception need no entry, so there are few. */
export const usersMax = 20_000

const user = z.strictObject({
  dailyQuota: quota.optional(),
  monthlyQuota: quota.optional(),
  disabled: z.boolean().default(false),
  createdAt: parsedText(parseInstant, 'must be an instant: "2027-01-31T12:00:00Z"')
    .nullable()
    .default(null),
})

const file = z.strictObject({
  version: z.literal(1),
  users: z
    .record(z.string().refine(isUserName, 'is not a user: write "APP:USER"'), user)
    .refine((users) => Object.keys(users).length <= usersMax, `has more than ${usersMax} users`),
})

/** Returns whether the text is the name of a user: an app's id, a colon, and the user's id. */
export function isUserName(text: string): boolean {
  const read = readUserName(text)
  return read !== null && clientIdForm.test(read.appId) && isUserId(read.userId)
}

/** Reads the text of the file; with problems there are no users. */
export function parseUserFile(text: string, source: string): UserFile {
  const syntax = findSyntaxProblem(text, source, 'Correct it, or restore a backup.')
  if (syntax !== null) return fail([syntax])
  const twice = findDuplicates(text, source)
  if (twice.length > 0) return fail(twice)
  const parsed = file.safeParse(JSON.parse(text), { error: plainIssue })
  if (!parsed.success)
    return fail(placeFindings(text, source, parsed.error.issues.flatMap(describe)))
  return { users: new Map(Object.entries(parsed.data.users)), problems: [] }
}

const fail = (problems: readonly Problem[]): UserFile => ({ users: new Map(), problems })

const remedy =
  'docs/guides/bridge.md shows the file; without it every user has the quotas of the app.'

function describe(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  const name = path.length > 2 ? path.slice(2).join('.') : 'this'
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      what: `unknown member; allowed members are ${issue.message}`,
      remedy,
    }))
  }
  return [{ path, what: `${name}: ${issue.message}`, remedy }]
}
