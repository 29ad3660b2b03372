import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * For a thread that has loaded all its code. Writes the compile cache now, because the process may
 * be killed before its end; does nothing without NODE_COMPILE_CACHE or a writable folder. Then a
 * collection of young objects (5 ms) makes V8 return the memory of loading while the thread is
 * idle; a full collection would stop everything for 30 to 80 ms. Resident 16 s after the start: 122
 * MB, and 148 MB without it (medians of 5 starts in turn;
 * docs/decisions/0018-libraries-and-tricks-measured.md). With `isWhole` everything is collected,
 * compiled code of what ran once too: for a process that no request is waiting for.
 */
export function finishLoading({ isWhole = false } = {}): void {
  flushCompileCache()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: Collection) => void
  collect(isWhole ? { type: 'major', flavor: 'last-resort' } : { type: 'minor' })
}

type Collection =
  | { readonly type: 'minor' }
  | { readonly type: 'major'; readonly flavor: 'last-resort' }
