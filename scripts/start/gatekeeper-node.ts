import { join } from 'node:path'

/** How the Node of a gatekeeper is started. */
export type NodePlan = {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Returns how a program of ours is started, by default the gatekeeper: from its source. Node keeps the code that it compiled beside
 * the packages: whoever may write there may write the code as well. The state folder is not such a
 * place, since Caddy writes to it too. Where Node cannot write, it starts without the cache.
 */
export function planGatekeeperNode(
  root: string,
  { isWatching = false, program = 'gatekeeper' } = {},
): NodePlan {
  // Node's own watch mode starts the program again when a file that it loaded has changed.
  const flags = isWatching ? ['--watch', '--watch-preserve-output'] : []
  return {
    // V8's default space for young objects (16 MiB) stays: with 2 MiB a request under way counts as
    // old, which takes five times the time to collect and more memory under load. The memory that
    // the start took is given back (gatekeeper/src/lib/load/finish-loading.ts).
    words: [...flags, join(root, program, 'src', 'main.ts')],
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'gatekeeper') },
  }
}
