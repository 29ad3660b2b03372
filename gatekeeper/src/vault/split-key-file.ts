/**
 * `split-keys.json` in the mounted folder: keys that users of apps brought along. Each row has one
 * share of a data key, sealed, and the provider's key encrypted with that data key. The other share
 * is with the user, and nowhere here.
 */
import { z } from 'zod'
import { readSchemaFile } from '../lib/json/schema-file.ts'
import { ProblemsError } from '../lib/problem.ts'
import { splitKeyIdForm, splitKeyTextCharsMax, splitKeyTextForm } from '../model/split-key-form.ts'
import type { KeyPlace } from './sealed-key.ts'
import { sealed, sealedMembers } from './sealed-row.ts'

const members = {
  ...sealedMembers,
  id: z.string().regex(splitKeyIdForm, 'must be 8 to 40 letters, digits, _ or -'),
  /** The share of the vault, sealed. */
  share: sealed,
  description: z
    .string()
    .max(splitKeyTextCharsMax)
    .regex(splitKeyTextForm, 'has control characters')
    .nullable(),
}

/** A row as the gatekeeper hands it over: its owner and its time are known to the writer. */
export const newSplitKey = z.strictObject(members).omit({ createdAt: true })

const row = z.strictObject({
  ...{ mode: z.literal('split'), ...members },
  /** The user of an app, `APP:USER`. */
  owner: z.string().min(3).max(300),
})

const file = z.strictObject({ version: z.literal(1), splitKeys: z.array(row).max(200_000) })

export type NewSplitKey = z.output<typeof newSplitKey>

/** A split key at rest. `createdAt` is in epoch milliseconds. */
export type SplitKeyRow = z.output<typeof row>

/** Rows by owner and id: an id is unique within its owner only. */
export type SplitKeyRows = Readonly<Record<string, SplitKeyRow>>

/** Returns the name of a row among all. No id contains a space. */
export function splitKeyName({ owner, id }: Pick<SplitKeyRow, 'owner' | 'id'>): string {
  return `${id} ${owner}`
}

const remedy = 'Restore the file from a backup; the admin process writes whole rows.'

/** Returns the rows of the text. Throws a ProblemsError. */
export function parseSplitKeyFile(text: string, source: string): SplitKeyRows {
  const { splitKeys } = readSchemaFile(text, source, { schema: file, remedy })
  const rows = Object.fromEntries(splitKeys.map((one) => [splitKeyName(one), one]))
  if (Object.keys(rows).length === splitKeys.length) return rows
  throw new ProblemsError([{ source, what: 'has two keys of one owner with one id', remedy }])
}

/** Returns where a split key belongs. */
export function placeOfSplitKey(
  { id, owner, team, version }: Pick<SplitKeyRow, 'id' | 'owner' | 'team' | 'version'>,
  { provider, origin }: Pick<KeyPlace, 'provider' | 'origin'>,
): KeyPlace {
  return { id, provider, origin, owner, team, version }
}
