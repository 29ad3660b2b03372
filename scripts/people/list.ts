import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import type { PersonAccess } from '../../gatekeeper/src/model/person.ts'
import {
  type PersonView,
  readPeopleViews,
  viewPerson,
} from '../../gatekeeper/src/operations/people/read-people.ts'
import { formatTable } from '../frame/table.ts'
import { refusePositionals } from '../frame/words.ts'
import { showInstant } from '../keys/describe-key.ts'
import type { PeopleCommand } from './context.ts'

export const list: PeopleCommand = {
  summary: 'show all people, what they may use and what they made',
  usage: '',
  options: {},
  help: ['LAST USED is that of the keys and clients that the person made.'],
  run: async (words, context) => {
    refusePositionals(words)
    const { people, problem } = await readPeopleViews(context)
    return {
      json: people.map(toJson),
      notes: problem === null ? [] : [`last uses are unknown: ${problem}`],
      lines: people.length === 0 ? [`Nobody in ${context.peopleFile}.`] : tableOfPeople(people),
    }
  },
}

function toJson({ person, keys, clients, lastUsedAt }: PersonView) {
  return {
    ...viewPerson(person),
    keys: keys.map(({ id }) => id),
    clients: clients.map(({ id }) => id),
    lastUsedAt: lastUsedAt === null ? null : formatInstant(lastUsedAt),
  }
}

/** People with their rights, as a table. */
export function tableOfPeople(people: readonly PersonView[]): string[] {
  const hasTeams = people.some(({ person }) => person.team !== null)
  const columns = ['NAME', 'ROLE', 'STATE', 'MAY USE', 'KEYS', 'CLIENTS', 'LAST USED', 'TITLE']
  const heading = [...columns, ...(hasTeams ? ['TEAM'] : [])]
  const rows = people.map(({ person, keys, clients, lastUsedAt }) => [
    ...[person.name, person.role, person.disabled ? 'disabled' : 'active'],
    ...[describeAccess(person.access), String(keys.length), String(clients.length)],
    ...[showInstant(lastUsedAt), person.title ?? ''],
    ...(hasTeams ? [person.team ?? ''] : []),
  ])
  return formatTable([heading, ...rows])
}

/** What a person may use, in one line. */
export function describeAccess(access: PersonAccess | null): string {
  if (access === null || access.services.length === 0) return 'no service'
  const { role, services, models, limits } = access
  const parts = [
    `${role}: ${services.join(', ')}`,
    ...(models.length > 0 ? [`models ${models.join(', ')}`] : []),
    ...limits.map(({ text }) => text),
  ]
  return parts.join('; ')
}
