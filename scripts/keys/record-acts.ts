import { join } from 'node:path'
import { describeActor } from '../../gatekeeper/src/audit/actor.ts'
import { recordActs } from '../../gatekeeper/src/audit/acts.ts'
import type { Clock } from '../../gatekeeper/src/lib/clock.ts'
import type { Context } from './command.ts'

/** What was to be done could not be recorded, and was not done. The message has two lines. */
export class UnrecordedError extends Error {
  override readonly name = 'UnrecordedError'
  readonly folder: string

  constructor(folder: string, why: string) {
    super(
      `the audit in ${folder} cannot be written (${why}), so that nothing was changed\n` +
        'Run this as the user that the gatekeeper runs as, with space left on the disk.',
    )
    this.folder = folder
  }
}

/** Records, in the audit of a state folder, what this user is about to do with this program. */
export function createRecorder(stateDir: string, clock: Clock): Context['record'] {
  const folder = join(stateDir, 'audit')
  const by = describeActor()
  return async (acts) => {
    if (acts.length === 0) return
    try {
      await recordActs(
        folder,
        acts.map((act) => ({ ...act, by })),
        { clock },
      )
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException
      throw new UnrecordedError(folder, code ?? name)
    }
  }
}
