import type { Clock } from '../../lib/clock.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { readLastUsed } from './last-used.ts'

/** When each principal of one kind was last admitted, by its id without the kind. */
export type LastUses = {
  readonly byId: ReadonlyMap<string, number>
  /** Why last uses are unknown; null if they are known. */
  readonly problem: string | null
}

type Deps = { readonly stateDir: string; readonly clock: Clock }

const freshMs = 5_000

/**
 * Returns a function that reads the last uses of principals of a kind (`key`). Reading those of
 * 100,000 keys takes a part of a second, so they are kept, and read again behind an answer: they may
 * be as old as the answer before.
 */
export function createLastUses(kind: string, deps: Deps): () => Promise<LastUses> {
  let kept: LastUses | null = null
  let keptAt = 0
  let reading: Promise<LastUses> | null = null
  const read = async () => {
    const uses = await readUses(`${kind}:`, deps.stateDir)
    kept = uses
    keptAt = deps.clock()
    return uses
  }
  const refresh = () => {
    reading ??= read().finally(() => {
      reading = null
    })
    return reading
  }
  return async () => {
    if (kept === null) return await refresh()
    const now = kept
    if (Math.abs(deps.clock() - keptAt) >= freshMs) void refresh()
    return now
  }
}

async function readUses(prefix: string, stateDir: string): Promise<LastUses> {
  try {
    const byId = new Map<string, number>()
    for (const [id, at] of await readLastUsed(stateDir)) {
      if (id.startsWith(prefix)) byId.set(id.slice(prefix.length), at)
    }
    return { byId, problem: null }
  } catch (error) {
    const problem = error instanceof ProblemsError ? error.message : (error as Error).name
    return { byId: new Map(), problem }
  }
}
