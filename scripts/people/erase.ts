import { forgetPerson } from '../../admin/src/store/forget-person.ts'
import { type Erased, erasePerson } from '../../gatekeeper/src/operations/people/erase-person.ts'
import { type PeopleCommand, readName } from './context.ts'
import { useExistingStore } from './one-time.ts'

export const erase: PeopleCommand = {
  summary: 'remove the name of a user, with its keys and rights',
  usage: 'NAME',
  options: {},
  help: [
    'NAME   the name of the user at its keys, or APP:USER',
    'Its keys, split keys, entries in users.json and people.json, passkeys, sessions and address rules are',
    'removed, and its name in the audit.',
    'Usage and records stay under a reference that no file explains. It cannot be undone.',
  ],
  run: async (words, context) => {
    const name = readName(words)
    const erased = await erasePerson(name, context)
    const forgotten = { id: erased.person, name }
    await useExistingStore(context, (store) => forgetPerson(store, forgotten))
    return { json: erased, lines: describe(erased) }
  },
}

function describe({ reference, person, keys, isAppUser, usage, ...rest }: Erased): string[] {
  const { requests, until, acts } = rest.oldRecords
  return [
    `Erased. In usage and audit the user is ${reference} from now on.`,
    `  keys removed: ${keys.join(', ') || 'none'}`,
    ...(person === null
      ? []
      : ['  person of the console removed; what they made for others is refused']),
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
