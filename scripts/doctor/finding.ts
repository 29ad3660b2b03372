import type { Problem } from '../../gatekeeper/src/lib/problem.ts'

/** `error`: a hole, or something that does not work. `warning`: one that may become so. */
export type Level = 'error' | 'warning' | 'info'

/** A problem with how bad it is; `remedy` is the cure. Never holds a secret, nor a part of one. */
export type Finding = Problem & { readonly level: Level }
