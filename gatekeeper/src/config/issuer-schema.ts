import { z } from 'zod'

/** Signature algorithms that an entry may name: those with a public key (RFC 7518 §3). */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const

/** An issuer is compared to the letter, so it is written as its tokens write it. */
const issuerName = z
  .string()
  .max(1024)
  .refine((text) => isIssuer(text), 'must be an https address (http only for this machine)')

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, search, hash } = new URL(text)
  if (username !== '' || search !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Keys that come over plain HTTP could be anybody's. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

const keys = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ url: issuerName }),
  z.strictObject({ discovery: z.literal(true) }),
])

const wanted = z.union([z.string().min(1), z.boolean(), z.number()]).transform(String)

/** A claim's value, or several of which one is enough. */
const wantedValues = z
  .union([wanted, z.array(wanted).min(1).max(100)])
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
          .transform((value) => [value].flat()),
        algorithms: z.array(z.enum(algorithms)).min(1),
        /** Values of `typ` in the token's header, without `application/`. */
        types: z.array(z.string().min(1).toLowerCase()).min(1).default(['at+jwt']),
        keys,
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
