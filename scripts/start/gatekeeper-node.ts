import { join } from 'node:path'
import { findCurrentBundle } from '../../tools/bundle/current-bundle.ts'

/** How the Node of a gatekeeper is started. */
export type NodePlan = {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * The gatekeeper as `npm start` starts it: the bundle of its source, where one can be made, and else
 * the source, with the reason told to `log`. Node keeps what it compiled beside the code: whoever may
 * write there may write the code, which cannot be said of the state folder, that Caddy writes to as
 * well. Where it cannot write, it starts without.
 */
export async function planGatekeeperNode(
  root: string,
  log: (reason: string) => void,
): Promise<NodePlan> {
  const bundle = await findCurrentBundle(root, log)
  return {
    // V8's own space for young objects (16 MiB): in one of 2 MiB a request that is under way is
    // taken for old, which costs five times the time for collecting and more memory under load.
    // What a larger one takes after the start is given back (gatekeeper/src/lib/finish-loading.ts).
    words: [bundle ?? join(root, 'gatekeeper', 'src', 'main.ts')],
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'gatekeeper') },
  }
}
