import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import type { Command, Output } from '../frame/program.ts'
import type { Terminal } from '../frame/terminal.ts'
import { UsageError, type Words } from '../frame/words.ts'

/** What the commands about people need. */
export type Context = Installation &
  Terminal &
  Output & {
    /** The folder of the person, for files that are named on the command line. */
    readonly base: string
  }

export type PeopleCommand = Command<Context>

/** Returns the one name; throws a UsageError without one. */
export function readName({ positionals }: Words): string {
  const [name = '', ...rest] = positionals
  if (name === '' || rest.length > 0) {
    throw new UsageError('name one user: the name at its keys, or APP:USER for a user of an app')
  }
  return name
}
