/**
 * Follows a file that holds one value, such as keys, clients or revocations. The last good value
 * stays in force; `problems()` says why there is no newer one.
 */
import { type Problem, ProblemsError } from '../problem.ts'
import type { Timers } from '../timers.ts'
import type { FileState } from './stable-read.ts'
import { watchFile } from './watched-file.ts'

export type FollowDeps<Value> = {
  readonly path: string
  /** Returns the value of a text. Throws a ProblemsError if the text is broken. */
  readonly interpret: (text: string) => Value | Promise<Value>
  /**
   * Returns the value when there is no file; `last` is the value in force. Throws a ProblemsError
   * if there must be a file.
   */
  readonly absent: (last: Value | undefined) => Value
  /** Describes a file that cannot be read; `code` is that of `FileState`. */
  readonly unreadable: (code: string) => Problem
  /** In force until there is a good value. Without it, a broken file at the start rejects. */
  readonly initial?: Value
  /** Called after each change but the first, good or not. */
  readonly onChange?: (before: Value) => void
  readonly timers?: Timers | undefined
}

export type FollowedFile<Value> = {
  readonly current: () => Value
  /** Why the value in force is not what the file says; empty if it is. */
  readonly problems: () => readonly Problem[]
  /** Changes with each state of the file, good or not. */
  readonly version: () => number
  /** Whether the next version will not be seen: the file was mounted singly and replaced outside. */
  readonly isDetached: () => boolean
  /** Puts a value in force that was just written to the file. */
  readonly adopt: (value: Value) => void
  /** Looks at the file now. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

/** Rejects with a ProblemsError if the file is broken now and there is no `initial`. */
export async function followFile<Value>(deps: FollowDeps<Value>): Promise<FollowedFile<Value>> {
  let value = deps.initial
  let problems: readonly Problem[] = []
  let version = 0
  let isDetached = false
  const report = (error: unknown) => {
    problems = problemsOf(error, deps.path)
  }
  const adopt = (next: Value) => {
    value = next
    version++
  }
  const apply = async (state: FileState) => {
    isDetached = state.kind === 'text' && state.isDetached
    try {
      adopt(await interpret(state, value, deps))
      problems = []
    } catch (error) {
      report(error)
      version++
    }
  }
  let pending: Promise<void> = Promise.resolve()
  const enqueue = (state: FileState) => {
    const change = async () => {
      const before = value as Value
      await apply(state)
      deps.onChange?.(before)
    }
    // A fault must not end the queue: the next state may be the one that revokes a key.
    pending = pending.then(change).catch(report)
  }
  const watched = await watchFile(deps.path, enqueue, deps.timers)
  pending = apply(watched.first)
  await pending
  if (value === undefined) {
    watched.close()
    throw new ProblemsError(problems)
  }
  return {
    current: () => value as Value,
    problems: () => problems,
    version: () => version,
    isDetached: () => isDetached,
    adopt,
    reload: () => watched.check().then(() => pending),
    close: watched.close,
  }
}

function interpret<Value>(
  state: FileState,
  last: Value | undefined,
  deps: FollowDeps<Value>,
): Value | Promise<Value> {
  if (state.kind === 'text') return deps.interpret(state.text)
  if (state.kind === 'absent') return deps.absent(last)
  throw new ProblemsError([deps.unreadable(state.code)])
}

/** Only the name of another error is shown: its message may quote the file. */
function problemsOf(error: unknown, source: string): readonly Problem[] {
  if (error instanceof ProblemsError) return error.problems
  const what = `cannot be interpreted (${(error as Error).name})`
  return [{ source, what, remedy: 'This is a fault of Gatekeeper: please report it.' }]
}
