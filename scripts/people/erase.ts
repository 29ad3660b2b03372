import { type Erased, erasePerson } from '../../gatekeeper/src/operations/people/erase-person.ts'
import { type PeopleCommand, readName } from './context.ts'

export const erase: PeopleCommand = {
  summary: 'remove the name of a user, with its keys and rights',
  usage: 'NAME',
  options: {},
  help: [
    'NAME   the name of the user at its keys, or APP:USER',
    'Its keys, split keys, entry in users.json and address rules are removed, and its name in the audit.',
    'Usage and records stay under a reference that no file explains. It cannot be undone.',
  ],
  run: async (words, context) => {
    const erased = await erasePerson(readName(words), context)
    return { json: erased, lines: describe(erased) }
  },
}

function describe({ reference, keys, isAppUser, usage, ...rest }: Erased): string[] {
  const { requests, until, acts } = rest.oldRecords
  return [
    `Erased. In usage and audit the user is ${reference} from now on.`,
    `  keys removed: ${keys.join(', ') || 'none'}`,
    ...(isAppUser ? ['  entry in users.json removed'] : []),
    ...(rest.addressRules > 0 ? [`  address rules removed: ${rest.addressRules}`] : []),
    ...(rest.splitKeys > 0 ? [`  split keys removed: ${rest.splitKeys}`] : []),
    `  lines of usage without the name now: ${usage}`,
    ...(requests > 0
      ? [`  older records of requests that keep the name until ${until}: ${requests}`]
      : []),
    ...(acts > 0 ? [`  older acts that keep the name, as acts are never removed: ${acts}`] : []),
    ...rest.left.map((what) => `  to change by hand: ${what}`),
  ]
}
