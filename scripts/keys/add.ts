import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { controlName } from '../../gatekeeper/src/model/known-services.ts'
import {
  addKey,
  type KeyMembers,
  type NewKey,
} from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { formatTable } from '../frame/table.ts'
import { showWord, stringOf, UsageError, type Words } from '../frame/words.ts'
import type { Context, KeyCommand } from './context.ts'
import { showInstant } from './describe-key.ts'
import { howToUse } from './how-to-use.ts'
import { findMaker } from './makers.ts'
import {
  checkUser,
  memberHelp,
  memberOptions,
  originFaults,
  readMembers,
  resolveServices,
} from './read-members.ts'

export const add: KeyCommand = {
  summary: 'make a key and show it once',
  usage: '-u USER -s SERVICE [--role R] [-e 30d] [-d TEXT] [--limit 60/min]',
  options: { ...memberOptions, 'made-by': { type: 'string' } },
  help: [
    ...memberHelp,
    '--made-by NAME       bound by what this person of people.json may use, now and later',
    'On a terminal, user and services are asked for. Without --role it is readwrite; without --expires',
    'it never expires. Options that take a list may be repeated; without one there is no restriction.',
  ],
  run: async (words, context) => {
    context.services.requireKnown()
    const wanted = await readWanted(words, context)
    const { clock, record, services: known } = context
    const made = await addKey(context.file, wanted, { clock, known, record })
    return describe(made, wanted, context)
  },
}

function describe(
  made: { readonly id: string; readonly key: string },
  wanted: KeyMembers,
  { file, baseUrl }: Context,
) {
  const { user, role, services, description, tags = [], team = null } = wanted
  const limits = (wanted.limits ?? []).map(({ text }) => text)
  const expiresAt = wanted.expiresAt === null ? null : formatInstant(wanted.expiresAt)
  const optional = (name: string, value = '') => (value === '' ? [] : [[name, value]])
  const rows = [
    ['id', made.id],
    ['user', user],
    ['role', role],
    ['services', services.join(', ')],
    ['expires', showInstant(wanted.expiresAt)],
    ...optional('description', description),
    ...optional('tags', tags.join(', ')),
    ...optional('team', team ?? ''),
    ...optional('limits', limits.join(', ')),
  ]
  return {
    code: exitCode.ok,
    json: {
      ...made,
      user,
      role,
      services,
      expiresAt,
      limits,
      description: description ?? null,
      tags,
      team,
      file,
    },
    lines: [...formatTable(rows), '', ...howToUse(made.key, baseUrl)],
  }
}

async function readWanted(words: Words, context: Context): Promise<NewKey> {
  const faults: string[] = [...words.positionals.slice(0, 1).map(describeStray)]
  const given = readMembers(words, context, faults)
  const user = given.user ?? (await askUser(words, context, faults))
  const services = given.services ?? (await askServices(context, faults))
  const { role = 'readwrite', expiresAt = null, origins = [] } = given
  if (services.includes(controlName) && role !== 'admin') {
    faults.push(`the service ${controlName} is for keys that administer: add --role admin`)
  }
  const maker = stringOf(words, 'made-by')
  const person = maker === undefined ? undefined : await findMaker(maker, context, faults)
  if (services.length > 0) faults.push(...originFaults({ services, origins }, context.services))
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  const wanted = { ...given, user, services, role, expiresAt }
  if (person === undefined) return wanted
  // What somebody of a team makes is of the team, as in the console.
  const { team = person.team } = given
  return { ...wanted, madeBy: person.id, ...(team !== null && { team }) }
}

function describeStray(word: string): string {
  return `${showWord(word)} does not belong to any option: options begin with two hyphens, as in --user ada`
}

async function askUser(words: Words, context: Context, faults: string[]): Promise<string> {
  const user = stringOf(words, 'user') ?? (await context.ask?.('User'))?.trim() ?? ''
  checkUser(user, faults)
  return user
}

async function askServices(context: Context, faults: string[]): Promise<readonly string[]> {
  const { names } = context.services
  const asked = (await context.ask?.(`Services (of ${names.join(', ')})`)) ?? ''
  const given = asked.split(/[\s,]+/).filter((name) => name !== '')
  return resolveServices(given, context.services, faults)
}
