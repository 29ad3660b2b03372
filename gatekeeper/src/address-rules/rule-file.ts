/**
 * Reads `keys/rules.json`: `{"version": 1, "rules": {"<id>": {...}}}`, the rules of an operator about
 * client addresses. All problems are returned at once with their places.
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
import { normalizeRange } from '../lib/net/address-form.ts'
import type { Problem } from '../lib/problem.ts'
import type { AddressRule } from '../model/address-rule.ts'
import { clientIdForm } from '../model/credential-form.ts'

type RuleFile = {
  readonly rules: readonly AddressRule[]
  readonly problems: readonly Problem[]
}

/** The most rules of an installation: each request is compared with all of them. */
export const rulesMax = 1000

const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must have no control characters')

const rule = z.strictObject({
  ip: parsedText(
    normalizeRange,
    'must be an address or network such as "192.168.1.20" or "192.168.1.0/24"',
  ),
  type: z.enum(['allow', 'deny']),
  reason: text(500).nullable().default(null),
  active: z.boolean().default(true),
  app: z.string().regex(clientIdForm, 'must be the id of an app').nullable().default(null),
  user: text(300).nullable().default(null),
  addedBy: text(300).nullable().default(null),
  createdAt: parsedText(parseInstant, 'must be an instant: "2027-01-31T12:00:00Z"')
    .nullable()
    .default(null),
})

const file = z.strictObject({
  version: z.literal(1),
  rules: z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'is not a valid rule id'), rule)
    .refine((rules) => Object.keys(rules).length <= rulesMax, `has more than ${rulesMax} rules`),
})

/** Reads the text of the file; with problems there are no rules. */
export function parseRuleFile(content: string, source: string): RuleFile {
  const syntax = findSyntaxProblem(content, source, 'Correct it, or restore a backup.')
  if (syntax !== null) return fail([syntax])
  const twice = findDuplicates(content, source)
  if (twice.length > 0) return fail(twice)
  const parsed = file.safeParse(JSON.parse(content), { error: plainIssue })
  if (!parsed.success) {
    return fail(placeFindings(content, source, parsed.error.issues.flatMap(describe)))
  }
  const rules = Object.entries(parsed.data.rules).map(([id, entry]) => ({ id, ...entry }))
  return { rules, problems: [] }
}

const fail = (problems: readonly Problem[]): RuleFile => ({ rules: [], problems })

const remedy = '`npm run rules -- add` writes whole rules; docs/guides/addresses.md shows one.'

function describe(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  const name = path.length > 2 ? path.slice(2).join('.') : 'this'
  if (issue.code === 'unrecognized_keys') {
    const what = `unknown member; allowed members are ${issue.message}`
    return issue.keys.map((key) => ({ path: [...path, key], what, remedy }))
  }
  return [{ path, what: `${name}: ${issue.message}`, remedy }]
}
