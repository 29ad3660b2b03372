import type { Person } from '../../gatekeeper/src/model/person.ts'
import { PeopleError, readPeople } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { UsageError } from '../frame/words.ts'
import { type Context, type PeopleCommand, requireNamed } from './context.ts'
import { reportLink } from './one-time.ts'

export const reset: PeopleCommand = {
  summary: 'print a one-time link for a person who lost all passkeys',
  usage: '[NAME]',
  options: {},
  help: [
    'NAME   the name of the person; the only owner if it is left out',
    'When the link is used, all earlier passkeys and sessions of the person end.',
  ],
  run: async ({ positionals }, context) => {
    if (positionals.length > 1) throw new UsageError('name one person')
    const [given] = positionals
    const person =
      given === undefined ? await onlyOwner(context) : await requireNamed(given, context)
    if (person.disabled) {
      throw new UsageError(`${person.name} is disabled: \`people -- enable\` comes first`)
    }
    const { id, name, title, team, role } = person
    const wanted = { kind: 'reset', person: id, name, title, team, role, access: null } as const
    return await reportLink(wanted, context)
  },
}

async function onlyOwner({ peopleFile }: Pick<Context, 'peopleFile'>): Promise<Person> {
  const people = await readPeople(peopleFile)
  const owners = people.filter(({ role, disabled }) => role === 'owner' && !disabled)
  const [owner, ...more] = owners
  if (owner === undefined) {
    const message = 'there is no owner: `people -- invite NAME --role owner` makes one'
    throw new PeopleError('unknown', message)
  }
  if (more.length === 0) return owner
  throw new UsageError(`name one of the owners: ${owners.map(({ name }) => name).join(', ')}`)
}
