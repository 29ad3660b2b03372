import { z } from 'zod'
import { type Narrowing, narrowingClaim } from '../model/narrowing.ts'
import type { Claims } from './compact-token.ts'

const text = z.string().min(1).max(2048)
const texts = z.array(text).max(1000)
const instant = z.number().nullable()

const parent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('key'), id: text }),
  z.strictObject({
    kind: z.enum(['client', 'foreign']),
    issuer: text,
    subject: text,
    clientId: text.nullable(),
    tokenId: text.nullable(),
    issuedAt: instant,
    expiresAt: z.number(),
    claims: z.record(z.string(), z.unknown()),
  }),
])

const narrowing = z.strictObject({
  parent,
  services: texts.nullable(),
  models: texts.nullable(),
  limits: texts,
  addresses: texts,
})

/**
 * Returns the rights in an exchanged token of ours; null if they are not valid. Read strictly
 * although we signed it: another version may have written members that this one does not know.
 */
export function readNarrowing(claims: Claims): Narrowing | 'malformed' | null {
  if (!Object.hasOwn(claims, narrowingClaim)) return null
  const parsed = narrowing.safeParse(claims[narrowingClaim])
  return parsed.success ? parsed.data : 'malformed'
}
