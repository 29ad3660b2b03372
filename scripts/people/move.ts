import { endSessionsOf } from '../../admin/src/store/change-sessions.ts'
import { countPasskeys, removeAllPasskeys } from '../../admin/src/store/passkeys.ts'
import { noteDomain, readDomain } from '../../admin/src/store/relying-party.ts'
import type { Person } from '../../gatekeeper/src/model/person.ts'
import { readPeople } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { hasFlag, refusePositionals } from '../frame/words.ts'
import type { Context, PeopleCommand } from './context.ts'
import { makeLink, useAdminStore } from './one-time.ts'

export const move: PeopleCommand = {
  summary: 'give people one-time links after a change of PASSKEY_RP_ID or of the console’s name',
  usage: '[--yes]',
  options: { yes: { type: 'boolean' } },
  help: [
    '--yes   do it: all passkeys and sessions end, and each person with a passkey gets a link',
    'Without it the command only shows what would end.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const { settings, stateDir } = context
    const { rpId } = settings.console
    const old = readDomain(stateDir) ?? rpId
    const counts = await useAdminStore(context, countPasskeys)
    const losing = await findLosing(context, counts)
    if (old === rpId) {
      return {
        lines: [`Passkeys are for ${rpId}. Nothing has changed.`],
        json: { from: old, to: rpId },
      }
    }
    const ending = losing.map((person) => `${person.name}: ${counts.get(person.id)}`)
    const json = { from: old, to: rpId, losing: losing.map(({ name }) => name) }
    if (!hasFlag(words, 'yes')) {
      const head = `From ${old} to ${rpId} these passkeys end:`
      return { json, lines: [head, ...ending], notes: ['Add --yes to do it.'] }
    }
    const links = await replace(context, losing, [...counts.keys()])
    noteDomain({ stateDir, rpId })
    const notes = [
      'Each link works once and for 15 minutes; `people -- reset NAME` prints another.',
    ]
    return {
      json: { ...json, links },
      lines: links.map(({ name, link }) => `${name}: ${link}`),
      notes,
    }
  },
}

/** Those who can use a link: disabled people keep nothing to sign in with. */
async function findLosing(
  { peopleFile }: Pick<Context, 'peopleFile'>,
  counts: ReadonlyMap<string, number>,
): Promise<readonly Person[]> {
  const people = await readPeople(peopleFile)
  return people.filter(({ id, disabled }) => counts.has(id) && !disabled)
}

async function replace(context: Context, losing: readonly Person[], owners: readonly string[]) {
  const links: { name: string; link: string }[] = []
  for (const { id, name, title, team, role } of losing) {
    const wanted = { kind: 'reset', person: id, name, title, team, role, access: null } as const
    const { link } = await makeLink(wanted, context)
    links.push({ name, link })
  }
  await useAdminStore(context, async (store) => {
    for (const person of owners) {
      await removeAllPasskeys(store, person)
      await endSessionsOf(store, { person })
    }
  })
  return links
}
