import { z } from 'zod'
import { parseLimit } from '../model/limit.ts'
import { roles } from '../model/principal.ts'
import { builtInProviders } from './read-signin.ts'
import { isSafeForKeys } from './upstream-url.ts'

const own: readonly string[] = builtInProviders

const value = z.union([z.string().min(1).max(500), z.boolean(), z.number()]).transform(String)

const rule = z.strictObject({
  when: z
    .record(
      z.string().min(1).max(200),
      z
        .union([value, z.array(value).min(1).max(100)])
        .meta({ form: 'a value such as staff, or a list of values such as [staff, admins]' })
        .transform((values) => [values].flat()),
    )
    .refine(
      (claims) => Object.keys(claims).length > 0,
      'must name a claim: it would let everybody in',
    )
    .meta({ examples: ['{groups: staff}'] })
    .describe('Claims that the account must have; `email` counts only if the provider verified it'),
  role: z.enum(['member', 'auditor', 'admin']).default('member').describe('In the console'),
  access: z
    .strictObject({
      role: z.enum(roles).default('readwrite').describe('What their keys may do at most'),
      services: z.array(z.string().min(1).max(200)).min(1).describe('Services of their keys'),
      models: z.array(z.string().min(1).max(200)).default([]).describe('Models; empty: all'),
      limits: z
        .array(
          z.string().refine((text) => parseLimit(text) !== null, 'must be a limit such as 60/min'),
        )
        .default([])
        .describe('Limits of all their keys together'),
    })
    .optional()
    .transform((access) => access ?? null)
    .describe('What they may use; left out: no service'),
})

const entry = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be of lower-case letters, digits and hyphens')
    .refine((name) => !own.includes(name), 'is set up by the environment')
    .describe('In the address to register: https://CONSOLE/signin/callback/NAME'),
  title: z.string().min(1).max(64).describe('On the button'),
  issuer: z
    .string()
    .max(1024)
    .refine(isSafeAddress, 'must be an https address (http only for this machine)')
    .describe('Its issuer, at which the console finds the rest by OpenID Connect discovery'),
  clientId: z.string().min(1).max(200).describe('The id that the provider gave'),
  clientSecretFile: z
    .string()
    .min(1)
    .describe('A file with the secret, relative to this one: secrets/signin/NAME'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .max(20)
    .refine((scopes) => scopes.includes('openid'), 'must have openid')
    .default(['openid'])
    .describe('What is asked for'),
  nameClaim: z
    .string()
    .min(1)
    .max(200)
    .default('preferred_username')
    .describe('The claim that names a person made by a rule'),
  rules: z
    .array(rule)
    .max(50)
    .default([])
    .describe(
      'Accounts that become a person at their first sign-in, without an invitation; the first that matches counts',
    ),
})

function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.username === '' && url.search === '' && url.hash === '' && isSafeForKeys(url)
}

/** Providers at which people sign in to the console. */
export const signInSchema = z
  .array(entry)
  .max(10)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'has a name twice')
  .default([])
  .meta({
    examples: [
      '[{name: pocket-id, title: Pocket ID, issuer: "https://id.example.com", clientId: gatekeeper, clientSecretFile: secrets/signin/pocket-id}]',
    ],
  })
  .describe('OpenID providers at which people sign in to the console, beside GitHub and Google')

export type SignInEntry = z.output<typeof entry>
