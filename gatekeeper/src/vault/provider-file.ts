/**
 * `providers.json` in the mounted folder: the keys of providers, sealed. Commands and the admin
 * process seal with the public half of the vault's key; only the gatekeeper opens.
 */
import { z } from 'zod'
import { readSchemaFile } from '../lib/json/schema-file.ts'
import type { Ring } from './ring.ts'
import { type KeyPlace, openHeldKey } from './sealed-key.ts'
import { sealedMembers } from './sealed-row.ts'

const row = z.strictObject({
  ...{ mode: z.literal('held'), ...sealedMembers },
  /** What people may see of the key. */
  mask: z.string().max(20),
})

const file = z.strictObject({
  version: z.literal(1),
  providers: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'is not a valid name'), row),
})

/** A provider's key at rest. `createdAt` is in epoch milliseconds. */
export type ProviderRow = z.output<typeof row>

/** By the name of the provider. */
export type ProviderRows = Readonly<Record<string, ProviderRow>>

const remedy = '`npm run vault -- set NAME` writes whole rows.'

/** Returns the rows of the text. Throws a ProblemsError. */
export function parseProviderFile(text: string, source: string): ProviderRows {
  return readSchemaFile(text, source, { schema: file, remedy }).providers
}

/** Returns where the key of a provider belongs. */
export function placeOfProvider(
  name: string,
  { team, version }: Pick<ProviderRow, 'team' | 'version'>,
  origin: string,
): KeyPlace {
  return { id: name, provider: name, origin, owner: null, team, version }
}

/** Why a row cannot be used, and what to do. */
export type Unusable = { readonly what: string; readonly remedy: string }

/**
 * Opens the key of a provider for the address that is configured now; `origin` is null if the
 * provider is not configured.
 */
export function openProviderKey(
  name: string,
  row: ProviderRow,
  { origin, ring }: { readonly origin: string | null; readonly ring: Ring | null },
): { readonly key: string } | Unusable {
  const setAgain = `Set it again: npm run vault -- set ${name}.`
  if (origin === null) {
    const what = `the key of ${name} belongs to a provider that is not configured`
    return { what, remedy: `Restart the gatekeeper, or: npm run vault -- remove ${name}.` }
  }
  if (row.origin !== origin) {
    const what = `the key of ${name} was set for another address than ${origin}, which is configured`
    return { what, remedy: `${setAgain} Or configure the address that it was set for.` }
  }
  if (ring?.some(({ kid }) => kid === row.kid) !== true) {
    const what = `the key of ${name} is sealed to a vault key that the gatekeeper does not have (kid ${row.kid})`
    return { what, remedy: `Restore that key from the backup of secrets/vault. ${setAgain}` }
  }
  const key = openHeldKey(row, placeOfProvider(name, row, origin), ring)
  const what = `the key of ${name} does not open: its row was changed`
  return key === null ? { what, remedy: setAgain } : { key }
}
