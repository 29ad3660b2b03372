import type { SplitKeyRow } from '../../vault/split-key-file.ts'
import { queryUsage } from './read-usage.ts'

/** How often a split key was used, and when last (epoch milliseconds). */
export type SplitKeyUse = { readonly count: number; readonly lastAt: number }

/** Returns the use of a caller's split keys since each was made, by id; unused ones are left out. */
export async function readSplitKeyUse(
  stateDir: string,
  principalId: string,
  rows: readonly Pick<SplitKeyRow, 'id' | 'createdAt'>[],
): Promise<ReadonlyMap<string, SplitKeyUse>> {
  if (rows.length === 0) return new Map()
  const uses = await queryUsage(stateDir, (queries) =>
    Promise.all(
      rows.map(async ({ id, createdAt }) => {
        const found = await queries
          .selectFrom('usage_log')
          .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('at').as('last_at')])
          .where('principal_id', '=', principalId)
          .where('split_key', '=', id)
          .where('at', '>=', createdAt)
          // A wrong part is no use: that request was refused before it was forwarded.
          .where((is) =>
            is.not(is.and([is('outcome', '=', 'failed'), is('status', 'in', [401, 429])])),
          )
          .executeTakeFirst()
        return [id, { count: Number(found?.count ?? 0), lastAt: found?.last_at ?? 0 }] as const
      }),
    ),
  )
  return new Map((uses ?? []).filter(([, { count }]) => count > 0))
}
