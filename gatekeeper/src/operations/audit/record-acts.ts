import { describeActor } from '../../audit/actor.ts'
import { recordActs } from '../../audit/acts.ts'
import type { Clock } from '../../lib/clock.ts'

export type RecordActs = (acts: readonly Readonly<Record<string, unknown>>[]) => Promise<void>

/** A change that could not be recorded, and was not made. The message has two lines. */
export class UnrecordedError extends Error {
  override readonly name = 'UnrecordedError'
  readonly folder: string

  constructor(folder: string, why: string) {
    super(
      `the audit in ${folder} cannot be written (${why}), so nothing was changed\n` +
        'Run this as the user that the gatekeeper runs as, with space left on the disk.',
    )
    this.folder = folder
  }
}

/** Returns a function that records what this user is about to do, or rejects with an UnrecordedError. */
export function createRecorder(folder: string, clock: Clock): RecordActs {
  const by = describeActor()
  return async (acts) => {
    if (acts.length === 0) return
    try {
      const named = acts.map((act) => ({ ...act, by }))
      await recordActs(folder, named, { clock })
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException
      throw new UnrecordedError(folder, code ?? name)
    }
  }
}
