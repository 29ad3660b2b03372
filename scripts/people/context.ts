import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import type { Person } from '../../gatekeeper/src/model/person.ts'
import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import { PeopleError, readPeople } from '../../gatekeeper/src/operations/people/people-writer.ts'
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

/** Returns the person of `people.json` with this name. Rejects with a PeopleError without one. */
export async function requireNamed(
  name: string | undefined,
  { peopleFile }: Pick<Installation, 'peopleFile'>,
): Promise<Person> {
  if (name === undefined) throw new UsageError('name one person: `people -- list` shows them')
  const people = await readPeople(peopleFile)
  const found = people.find((person) => person.name === name)
  if (found !== undefined) return found
  const names = people.map((person) => person.name)
  throw new PeopleError(
    'unknown',
    `there is no person of this name${didYouMean(name, names)}; \`people -- list\` shows them`,
  )
}

/** Returns the words of a command that takes so many; throws a UsageError for others. */
export function takeWords(
  { positionals }: Words,
  count: number,
  usage: string,
): readonly (string | undefined)[] {
  if (positionals.length === count) return positionals
  throw new UsageError(`write ${usage}`)
}
