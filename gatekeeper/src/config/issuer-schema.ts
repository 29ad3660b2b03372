import { z } from 'zod'
import { tls } from './tls-schema.ts'

/** Signature algorithms that an entry may name: those with a public key (RFC 7518 §3). */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const

const safeAddress = 'must be an https address (http only for this machine)'

/** An issuer is compared to the letter, so it is written as its tokens write it. */
const issuerName = z
  .string()
  .max(1024)
  .refine(isSafeAddress, safeAddress)
  .refine(
    (text) => !/[?#]/.test(text),
    'must be without a query and a fragment, as `iss` of its tokens is',
  )

/** Where a JWK Set is; a query is part of the address (Entra ID: `keys?appid=ID`). */
const keyAddress = z
  .string()
  .max(2048)
  .refine(isSafeAddress, safeAddress)
  .refine((text) => !text.includes('#'), 'must be without a fragment (#)')

function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Keys that come over plain HTTP could be anybody's. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

const keys = z.union(
  [
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ url: keyAddress }),
    z.strictObject({ discovery: z.literal(true) }),
  ],
  'must be one of {discovery: true}, {url: https://login.example/keys} and {file: keys.jwks.json}',
)

const wanted = z.union([z.string().min(1), z.boolean(), z.number()]).transform(String)

/** A claim's value, or several of which one is enough. */
const wantedValues = z
  .union([wanted, z.array(wanted).min(1).max(100)])
  .meta({ form: 'a value such as admins, or a list of values such as [admins, staff]' })
  .transform((value) => [value].flat())

/** What the entries of `issuers` have in common with keys and roles. */
export type GrantShape = z.ZodRawShape

/** Makes the schema of `issuers`; `grant` is what a rule may give, beside role and services. */
export function issuersSchema<Grant extends GrantShape>(grant: Grant) {
  const rule = z.strictObject({
    when: z.record(z.string().min(1).max(500), wantedValues).default({}),
    role: z.enum(['readonly', 'readwrite', 'admin']),
    services: z.array(z.string().min(1).max(200)).default([]),
    ...grant,
  })
  return z
    .array(
      z.strictObject({
        issuer: issuerName,
        audience: z
          .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
          .meta({ form: 'a text such as gatekeeper, or a list such as [gatekeeper, api]' })
          .transform((value) => [value].flat()),
        /** The claim that is compared with `audience`. */
        audienceClaim: z.string().min(1).max(200).default('aud'),
        algorithms: z.array(z.enum(algorithms), 'must be a list, such as [RS256]').min(1),
        /** Values of `typ` in the token's header, without `application/`. */
        types: z.array(z.string().min(1).toLowerCase()).min(1).default(['at+jwt']),
        keys,
        /** Whose certificate its server may show, instead of those of the public authorities. */
        tls: tls.optional(),
        clockToleranceSeconds: z.number().min(0).max(300).default(30),
        keepKeysHours: z
          .number()
          .min(0)
          .max(24 * 30)
          .default(24),
        userClaim: z.string().min(1).max(200).default('sub'),
        rules: z.array(rule).min(1),
      }),
    )
    .max(50)
    .default([])
}
