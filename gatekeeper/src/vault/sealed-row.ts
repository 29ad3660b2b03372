/** The members of a row that say what a sealed key belongs to, as the vault's documents have them. */
import { z } from 'zod'
import { parseInstant } from '../lib/instant.ts'
import { parsedText } from '../lib/json/parsed-text.ts'

/** Bytes of a sealed text. */
export const sealed = z.string().regex(/^[A-Za-z0-9+/]{1,4096}={0,2}$/, 'must be base64')

const instant = parsedText(parseInstant, 'must be an instant: "2027-01-31T12:00:00Z"')

/** Members of every sealed row. `origin` is scheme, host and port. */
export const sealedMembers = {
  provider: z.string().min(1).max(100),
  origin: z.string().regex(/^https?:\/\/[^/?#\s]{1,300}$/, 'must be scheme, host and port'),
  team: z.string().min(1).max(100).nullable(),
  version: z.int().min(1),
  kid: z.string().min(1).max(100),
  box: sealed,
  createdAt: instant,
}
