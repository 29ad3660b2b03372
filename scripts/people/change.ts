/** The commands that change a person of `people.json`. */
import { personRoles } from '../../gatekeeper/src/model/person.ts'
import { isTeamName, teamForm } from '../../gatekeeper/src/model/team.ts'
import {
  changePerson,
  type PersonChange,
} from '../../gatekeeper/src/operations/people/people-writer.ts'
import {
  type Made,
  madeBy,
  readMade,
  viewPerson,
  workingNow,
} from '../../gatekeeper/src/operations/people/read-people.ts'
import { lateLines } from '../frame/late-lines.ts'
import type { Report } from '../frame/program.ts'
import { hasFlag, UsageError } from '../frame/words.ts'
import { type Context, type PeopleCommand, requireNamed, takeWords } from './context.ts'
import { describeAccess } from './list.ts'
import { accessHelp, accessOptions, readAccess, readPersonRole } from './read-access.ts'

export const disable: PeopleCommand = {
  summary: 'end the sessions of a person, and refuse all keys and clients that they made',
  usage: 'NAME [--yes]',
  options: { yes: { type: 'boolean' } },
  help: [
    '--yes   without asking; otherwise what stops is listed first',
    'It takes effect within two seconds, for answers under way too. `enable NAME` takes it back.',
  ],
  run: async (words, context) => {
    const [name] = takeWords(words, 1, 'disable NAME')
    const person = await requireNamed(name, context)
    const made = workingNow(madeBy(person.id, await readMade(context)), context.clock())
    const stops = describeMade(made)
    if (!(await isConfirmed(words.values['yes'] === true, stops, context))) {
      return { code: 1, json: { changed: false }, lines: ['Nothing was changed.'] }
    }
    // Nobody is kept in by an audit that cannot be written.
    const { peopleFile, clock, unrecorded } = context
    const changed = viewPerson(
      await changePerson(
        peopleFile,
        { id: person.id, change: { disabled: true } },
        { clock, record: (acts) => unrecorded.recordEnded(acts) },
      ),
    )
    const ids = { keys: made.keys.map(({ id }) => id), clients: made.clients.map(({ id }) => id) }
    return {
      json: { ...changed, stopped: ids },
      lines: [`${person.name} is disabled.`, ...stops, ...(await lateLines(context))],
    }
  },
}

export const enable: PeopleCommand = {
  summary: 'let a person sign in again, and what they made work again',
  usage: 'NAME',
  options: {},
  help: [],
  run: async (words, context) => {
    const [name] = takeWords(words, 1, 'enable NAME')
    return await report(name, { disabled: false }, context, (who) => `${who} is enabled.`)
  },
}

export const role: PeopleCommand = {
  summary: 'change what a person may do in the console',
  usage: 'NAME ROLE',
  options: {},
  help: [`ROLE   one of ${personRoles.join(', ')}; the last owner stays one`],
  run: async (words, context) => {
    const [name, given = ''] = takeWords(words, 2, 'role NAME ROLE')
    const faults: string[] = []
    const wanted = readPersonRole(given, 'ROLE', faults)
    if (faults.length > 0) throw new UsageError(faults.join('\n'))
    const person = await requireNamed(name, context)
    if (wanted === 'owner' && person.team !== null) {
      const remedy = `first: npm run people -- team ${person.name} --none`
      throw new UsageError(
        `an owner is of no team, and ${person.name} is of ${person.team}; ${remedy}`,
      )
    }
    return await report(name, { role: wanted }, context, (who) => `${who} is ${wanted} now.`)
  },
}

export const team: PeopleCommand = {
  summary: 'put a person into a team, or take them out of one',
  usage: 'NAME TEAM | NAME --none',
  options: { none: { type: 'boolean' } },
  help: [
    '--none   of no team: owners are, and admins who see everything',
    'What they made stays of the team that it is of.',
  ],
  run: async (words, context) => {
    const isNone = hasFlag(words, 'none')
    const [name, given] = takeWords(words, isNone ? 1 : 2, 'team NAME TEAM, or team NAME --none')
    const wanted = isNone ? null : (given ?? '')
    if (wanted !== null && !isTeamName(wanted)) throw new UsageError(`TEAM ${teamForm}`)
    const person = await requireNamed(name, context)
    if (wanted !== null && person.role === 'owner') {
      throw new UsageError(`${person.name} is an owner, who is of no team`)
    }
    const changed = await change(person.id, { team: wanted }, context)
    return { json: changed, lines: [`${person.name} is of ${wanted ?? 'no team'} now.`] }
  },
}

export const access: PeopleCommand = {
  summary: 'change what a person may use, with everything that they made',
  usage: 'NAME --service S [options] | NAME --none',
  options: { ...accessOptions, none: { type: 'boolean' } },
  help: [
    ...accessHelp,
    '--none           no service at all',
    'It replaces what was allowed before.',
  ],
  run: async (words, context) => {
    const [name] = takeWords(words, 1, 'access NAME')
    const faults: string[] = []
    const wanted = readAccess(words, context.services, faults)
    const isNone = hasFlag(words, 'none')
    if (isNone === (wanted !== null)) faults.push('give either --service or --none')
    if (faults.length > 0) throw new UsageError(faults.join('\n'))
    const person = await requireNamed(name, context)
    const changed = await changePerson(
      context.peopleFile,
      { id: person.id, change: { access: wanted } },
      context,
    )
    return {
      json: viewPerson(changed),
      lines: [`${changed.name} may use: ${describeAccess(changed.access)}`],
    }
  },
}

async function report(
  name: string | undefined,
  wanted: PersonChange,
  context: Context,
  describe: (name: string) => string,
): Promise<Report> {
  const person = await requireNamed(name, context)
  const changed = await change(person.id, wanted, context)
  return { json: changed, lines: [describe(person.name)] }
}

async function change(id: string, wanted: PersonChange, context: Context) {
  return viewPerson(await changePerson(context.peopleFile, { id, change: wanted }, context))
}

function describeMade({ keys, clients }: Made): string[] {
  if (keys.length + clients.length === 0) return ['  Nothing that they made works now.']
  return [
    ...keys.map(({ id, user, description }) => {
      const why = description === null ? '' : ` (${description})`
      return `  key ${id} of ${user}${why} stops`
    }),
    ...clients.map(({ id }) => `  client ${id} stops`),
  ]
}

/** Without a terminal nobody can be asked, and the command says what it did. */
async function isConfirmed(
  isSure: boolean,
  stops: readonly string[],
  { ask, note }: Context,
): Promise<boolean> {
  if (isSure || ask === null) return true
  for (const line of stops) note(line)
  return /^y(?:es)?$/i.test((await ask('Disable them? y/N')).trim())
}
