/** The last of those that wait for each name. */
const last = new Map<string, Promise<unknown>>()

/**
 * Runs `work` after everything of this process that came earlier with the same name. Resolves and
 * rejects as `work` does.
 */
export async function inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const before = last.get(name) ?? Promise.resolve()
  const mine = before.then(work, work)
  const settled = mine.catch(() => {})
  last.set(name, settled)
  try {
    return await mine
  } finally {
    if (last.get(name) === settled) last.delete(name)
  }
}
