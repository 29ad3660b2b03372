import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * For a thread that has loaded all that it needs. What was compiled is written now and not only at the
 * end, which may be a kill; nothing is, where there is no NODE_COMPILE_CACHE or its folder cannot be
 * written.
 *
 * The memory that loading used is collected, too: V8 does that in steps when the thread is idle for
 * some seconds, but only after something has told it to look. A collection of young objects (5 ms)
 * does; a whole one would stop everything for 30 to 80 ms. Resident 16 s after the start: 122 MB, and
 * 148 MB without it (medians of 5 starts in turn; docs/decisions/0018-libraries-and-tricks-measured.md).
 */
export function finishLoading(): void {
  flushCompileCache()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void
  collect({ type: 'minor' })
}
