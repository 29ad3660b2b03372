import { join } from 'node:path'

/** How the Node of a gatekeeper is started. */
export type NodePlan = {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * The gatekeeper as `npm start` starts it. Node keeps what it compiled, and the TypeScript that it
 * stripped, beside the code: whoever may write there may write the code, which cannot be said of
 * the state folder, that Caddy writes to as well. Where it cannot write, it starts without.
 */
export function planGatekeeperNode(root: string): NodePlan {
  return {
    // Young objects die with their request; a larger space for them is only memory.
    words: ['--max-semi-space-size=2', join(root, 'gatekeeper', 'src', 'main.ts')],
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'gatekeeper') },
  }
}
