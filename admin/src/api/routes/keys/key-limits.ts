import { z } from 'zod'
import type { StoredKey } from '../../../../../gatekeeper/src/operations/keys/key-index.ts'
import type { ApiDeps } from '../../api-deps.ts'
import type { LimitView } from './schema.ts'

type Limit = StoredKey['limits'][number]

const standing = z.object({
  scope: z.string(),
  text: z.string(),
  unit: z.string(),
  limit: z.number(),
  used: z.number(),
  resetsAt: z.string().nullable(),
})
const known = z.record(z.string(), z.array(standing).nullable())
const answer = z.object({ keys: known.optional(), clients: known.optional() })

/** What is used of limits, by the id of the key or client; one that may not act now is not there. */
export type Standings = ReadonlyMap<string, readonly z.output<typeof standing>[]>

type Holder = { readonly id: string; readonly limits: readonly Limit[] }

/**
 * Asks the running gatekeeper what is used of the limits of at most 200 keys or clients. Its counters
 * are in its memory, so nobody else knows; without it the list is empty.
 */
export async function askStandings(
  kind: 'keys' | 'clients',
  holders: readonly Holder[],
  { askGatekeeper }: Pick<ApiDeps, 'askGatekeeper'>,
): Promise<Standings> {
  const ids = holders.filter(({ limits }) => limits.length > 0).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const asked = await askGatekeeper('/usage-of', { [kind]: ids }).catch(() => null)
  const parsed = asked?.status === 200 ? answer.safeParse(asked.document) : null
  const found = Object.entries(parsed?.data?.[kind] ?? {})
  return new Map(found.flatMap(([id, all]) => (all === null ? [] : [[id, all] as const])))
}

/** Returns the holder's own limits with what is used of each, where that is known. */
export function viewLimits({ id, limits }: Holder, standings: Standings): LimitView[] {
  const own = (standings.get(id) ?? []).filter(({ scope }) => scope === 'key')
  return limits.map((limit) => {
    const found = own.find(({ text }) => text === limit.text)
    const used = found === undefined ? null : found.used
    const resetsAt = found?.resetsAt ?? null
    return { text: limit.text, used, limit: limit.amount, unit: unitOf(limit), resetsAt }
  })
}

function unitOf(limit: Limit): string {
  if (limit.kind === 'quota') return limit.unit
  return limit.kind === 'concurrent' ? 'concurrent' : limit.of
}
