import { z } from 'zod'
import { algorithms } from '../model/algorithm.ts'
import { roles } from '../model/principal.ts'
import { tls } from './tls-schema.ts'
import { isSafeForKeys } from './upstream-url.ts'

const safeAddress = 'must be an https address (http only for this machine)'

/** An issuer is compared exactly, so it is written as in its tokens. */
const issuerName = z
  .string()
  .max(1024)
  .refine(isSafeAddress, safeAddress)
  .refine(
    (text) => !/[?#]/.test(text),
    'must be without a query and a fragment, as `iss` of its tokens is',
  )

/** The address of a JWK Set; a query is part of the address (Entra ID: `keys?appid=ID`). */
const keyAddress = z
  .string()
  .max(2048)
  .refine(isSafeAddress, safeAddress)
  .refine((text) => !text.includes('#'), 'must be without a fragment (#)')

function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  // Keys that come over plain HTTP could be anybody's.
  return url.username === '' && url.password === '' && isSafeForKeys(url)
}

const keys = z.union(
  [
    z.strictObject({
      file: z.string().min(1).describe('A file with a JWK Set, relative to this one'),
    }),
    z.strictObject({ url: keyAddress.describe('The address of a JWK Set') }),
    z.strictObject({ discovery: z.literal(true).describe('Found by OpenID Connect discovery') }),
  ],
  'must be one of {discovery: true}, {url: https://login.example/keys} and {file: keys.jwks.json}',
)

const wanted = z.union([z.string().min(1), z.boolean(), z.number()]).transform(String)

/** A claim's value, or several of which one is enough. */
const wantedValues = z
  .union([wanted, z.array(wanted).min(1).max(100)])
  .meta({ form: 'a value such as admins, or a list of values such as [admins, staff]' })
  .transform((value) => [value].flat())

const nonEmpty = z.string().min(1)
const name = nonEmpty.max(200)

/** Members of an entry of `issuers`, without its rules. */
const entry = {
  issuer: issuerName.describe('Exactly the `iss` of its tokens'),
  audience: z
    .union([nonEmpty, z.array(nonEmpty).min(1)])
    .meta({ form: 'a text such as gatekeeper, or a list such as [gatekeeper, api]' })
    .transform((value) => [value].flat())
    .describe('The audience of tokens for this gatekeeper'),
  audienceClaim: name.default('aud').describe('The claim that is compared with `audience`'),
  algorithms: z
    .array(z.enum(algorithms), 'must be a list, such as [RS256]')
    .min(1)
    .describe('Signature algorithms that are accepted'),
  types: z
    .array(nonEmpty.toLowerCase())
    .min(1)
    .default(['at+jwt'])
    .describe('Values of `typ` in the header of a token, without `application/`'),
  keys: keys.describe('Where its public keys are'),
  tls: tls
    .optional()
    .describe('Which certificates are accepted, instead of those of public authorities'),
  clockToleranceSeconds: z
    .number()
    .min(0)
    .max(300)
    .default(30)
    .describe('How many seconds clocks may differ'),
  keepKeysHours: z
    .number()
    .min(0)
    .max(24 * 30)
    .default(24)
    .describe('Hours that its last keys are used while it cannot be reached'),
  userClaim: name.default('sub').describe('The claim that names the user'),
  widget: z
    .boolean()
    .default(false)
    .describe(
      'Whether pages with the chat widget may bring its tokens, whose users then have limits',
    ),
}

/** Returns the schema of `issuers`; `grant` is what a rule may grant, beside role and services. */
export function issuersSchema<Grant extends z.ZodRawShape>(grant: Grant) {
  const rule = z.strictObject({
    when: z
      .record(nonEmpty.max(500), wantedValues)
      .default({})
      .describe('Claims that a token must have; empty: every token of the issuer'),
    role: z.enum(roles).describe('The role that it gives'),
    services: z.array(name).default([]).describe('The services that it opens; `["*"]`: all'),
    ...grant,
  })
  const rules = z
    .array(rule)
    .default([])
    .describe(
      'What its tokens may do; the first rule that matches counts. At least one, unless `widget` is true',
    )
  const issuer = z
    .strictObject({ ...entry, rules })
    .refine((one) => one.widget || one.rules.length > 0, {
      path: ['rules'],
      message: 'must have at least one rule',
    })
  return z.array(issuer).max(50).default([])
}
