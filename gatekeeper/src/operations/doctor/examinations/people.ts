import { join } from 'node:path'
import { ProblemsError } from '../../../lib/problem.ts'
import type { Person } from '../../../model/person.ts'
import { readPeople } from '../../people/people-writer.ts'
import { countPasskeys, signedInSince } from '../../people/read-signins.ts'
import type { InstallationContext } from '../context.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'
import { findingOfKeys } from '../key-finding.ts'

/** People of the console; without a `people.json` there is nothing to say. */
export const people: Examination = {
  name: 'people',
  examine: async (context) => {
    const source = join(context.settings.keysDir, 'people.json')
    try {
      const everybody = await readPeople(source)
      const keys = judgeKeys(everybody, context)
      if (everybody.length === 0) return keys
      const enabled = everybody.filter(({ disabled }) => !disabled)
      return [
        ...judgeOwners(enabled, source),
        ...judgePasskeys(enabled, source, context),
        ...(await judgeSignins(enabled, source, context)),
        ...keys,
      ]
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error
      return error.problems.map((problem) => ({ level: 'error' as const, ...problem }))
    }
  },
}

function judgeOwners(enabled: readonly Person[], source: string): Finding[] {
  const owners = enabled.filter(({ role }) => role === 'owner')
  if (owners.length > 1) return []
  const what =
    owners.length === 0
      ? 'nobody is an owner, so nobody can give rights in the console'
      : `${owners[0]?.name} is the only owner: without them nobody can give rights in the console`
  const remedy =
    'Make a second one: npm run people -- role NAME owner, or invite NAME --role owner.'
  return [{ level: 'warning', source, what, remedy, control: 'second-owner' }]
}

function judgePasskeys(
  enabled: readonly Person[],
  source: string,
  { settings }: InstallationContext,
): Finding[] {
  const passkeys = countPasskeys(settings.stateDir)
  // On a bare address browsers make none.
  if (passkeys === null || !settings.console.isPasskeyPossible) return []
  const admins = enabled.filter(({ role }) => role === 'owner' || role === 'admin')
  return findingOfPeople(
    admins.filter(({ id }) => !passkeys.has(id)),
    {
      ...{ level: 'warning', source, control: 'admin-passkeys' },
      what: 'may administer, and have no passkey',
      remedy: 'They add one in the console; npm run people -- reset NAME prints a link for it.',
    },
  )
}

const unusedDays = 90
const dayMs = 86_400_000

async function judgeSignins(
  enabled: readonly Person[],
  source: string,
  { settings, outside }: InstallationContext,
): Promise<Finding[]> {
  const sinceAt = outside.clock() - unusedDays * dayMs
  const old = enabled.filter(({ createdAt }) => (createdAt ?? 0) < sinceAt)
  if (old.length === 0) return []
  const seen = await signedInSince(join(settings.stateDir, 'audit'), sinceAt)
  return findingOfPeople(
    old.filter(({ id }) => !seen.has(id)),
    {
      ...{ level: 'warning', source, control: 'unused-people' },
      what: `did not sign in for ${unusedDays} days`,
      remedy: 'Disable who left: npm run people -- disable NAME. Their keys are refused then, too.',
    },
  )
}

/** Keys whose maker may use nothing look valid, and are refused. */
function judgeKeys(everybody: readonly Person[], { keySets }: InstallationContext): Finding[] {
  const good = new Set(
    everybody.filter(({ disabled, access }) => !disabled && access !== null).map(({ id }) => id),
  )
  return keySets.flatMap(({ path, file }) =>
    findingOfKeys(
      file.keys.filter(({ madeBy, disabled }) => madeBy !== null && !disabled && !good.has(madeBy)),
      {
        ...{ level: 'info', source: path },
        what: 'are refused: the person who made them is gone, disabled or without access',
        remedy: 'Remove them, or give the person access: npm run people -- list.',
      },
    ),
  )
}

const shownMax = 5

function findingOfPeople(of: readonly Person[], finding: Finding): Finding[] {
  if (of.length === 0) return []
  const names = of.slice(0, shownMax).map(({ name }) => name)
  const more = of.length > shownMax ? ` and ${of.length - shownMax} more` : ''
  return [{ ...finding, what: `${names.join(', ')}${more} ${finding.what}` }]
}
