import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * For a thread that has loaded all that it needs. What was compiled is written now and not only at the
 * end, which may be a kill; nothing is, where there is no NODE_COMPILE_CACHE or its folder cannot be
 * written.
 *
 * And what loading left behind is collected: V8 does that by itself once the thread rests for some
 * seconds, in steps, and gives the memory back, but only after something has told it to look. A
 * collection of young objects does, at some 5 ms; a whole one would stop everything for 30 to 80.
 */
export function finishLoading(): void {
  flushCompileCache()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void
  collect({ type: 'minor' })
}
