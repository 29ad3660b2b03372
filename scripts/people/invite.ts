import { personRoles } from '../../gatekeeper/src/model/person.ts'
import { PeopleError, readPeople } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { personName, personTitle } from '../../gatekeeper/src/people/people-file.ts'
import { stringOf, UsageError } from '../frame/words.ts'
import { readTeam } from '../keys/read-members.ts'
import { type PeopleCommand, takeWords } from './context.ts'
import { type LinkFor, reportLink } from './one-time.ts'
import { accessHelp, accessOptions, readAccess, readPersonRole } from './read-access.ts'

export const invite: PeopleCommand = {
  summary: 'print a one-time link with which a new person signs in',
  usage: 'NAME [--role R] [--title T] [--team NAME] [--service S …]',
  options: {
    role: { type: 'string' },
    title: { type: 'string' },
    team: { type: 'string' },
    ...accessOptions,
  },
  help: [
    'NAME             the name of the person, as at their keys: ada',
    `--role R         what they may do in the console: ${personRoles.join(', ')}; member if not given`,
    '--title T        their full name, for lists',
    '--team NAME      the team that they are of, which an owner is not: research',
    ...accessHelp,
    'The link works once and for 15 minutes; the person exists when it was used. Without --service they',
    'may use no service yet: `people -- access` changes that.',
  ],
  run: async (words, context) => {
    const [name = ''] = takeWords(words, 1, 'invite NAME')
    const faults: string[] = []
    const title = stringOf(words, 'title') ?? null
    const wanted = {
      ...{ name, title, ...readTeam(words, faults) },
      role: readPersonRole(stringOf(words, 'role') ?? 'member', '--role', faults),
      access: readAccess(words, context.services, faults),
    }
    if (wanted.role === 'owner' && wanted.team !== undefined) {
      faults.push('--team: an owner is of no team')
    }
    faults.push(...faultsIn('NAME', personName.safeParse(name)))
    if (title !== null) faults.push(...faultsIn('--title', personTitle.safeParse(title)))
    if (faults.length > 0) throw new UsageError(faults.join('\n'))
    return await reportLink({ ...wanted, ...(await chooseKind(wanted, context)) }, context)
  },
}

type Parsed = { readonly error?: { readonly issues: readonly { readonly message: string }[] } }

function faultsIn(what: string, { error }: Parsed): string[] {
  return error === undefined ? [] : [`${what} ${error.issues[0]?.message ?? 'is not valid'}`]
}

/** The first person must be an owner: nobody else could invite an owner. */
async function chooseKind(
  { name, role }: Pick<LinkFor, 'name' | 'role'>,
  { peopleFile }: { readonly peopleFile: string },
): Promise<Pick<LinkFor, 'kind' | 'person'>> {
  const people = await readPeople(peopleFile)
  if (people.some((person) => person.name === name)) {
    const message = `there is already a person of this name; \`people -- reset\` prints a new link for them`
    throw new PeopleError('exists', message)
  }
  if (people.length > 0) return { kind: 'invite', person: null }
  if (role !== 'owner') throw new UsageError('the first person must be an owner: add --role owner')
  return { kind: 'setup', person: null }
}
