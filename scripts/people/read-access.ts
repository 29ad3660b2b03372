/** The options that say what a person may use: the bound of everything that the person makes. */
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { type PersonRole, personRoles } from '../../gatekeeper/src/model/person.ts'
import { type Role, roles } from '../../gatekeeper/src/model/principal.ts'
import type { ServiceNames } from '../../gatekeeper/src/operations/installation.ts'
import type { AccessEntry } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { listOf, showWord, stringOf, type Words } from '../frame/words.ts'
import { readLimits } from '../keys/read-limits.ts'
import { resolveServices } from '../keys/read-members.ts'

export const accessOptions = {
  'access-role': { type: 'string' },
  service: { type: 'string', short: 's', multiple: true },
  model: { type: 'string', multiple: true },
  limit: { type: 'string', multiple: true },
} as const

export const accessHelp = [
  `--access-role R  what their keys may do at most: ${roles.join(', ')}; readwrite if not given`,
  "--service S, -s  services of their keys; repeat it, or separate with commas; '*' is all but",
  '                 control and services that are granted by name',
  "--model M        models of their keys; * stands for any text: 'llama3.2:*'",
  '--limit L        counted over all of their keys together: 60/min, 5usd/month',
]

/** Reads what was given, null if nothing was; adds everything that is wrong to `faults`. */
export function readAccess(
  words: Words,
  known: ServiceNames,
  faults: string[],
): AccessEntry | null {
  const isGiven = Object.keys(accessOptions).some((name) => words.values[name] !== undefined)
  if (!isGiven) return null
  const role = stringOf(words, 'access-role') ?? 'readwrite'
  if (!roles.includes(role as Role)) {
    faults.push(describeWrong('--access-role', role, roles))
  }
  const services = listOf(words, 'service')
  if (services.length === 0) {
    faults.push(`--service is missing: without it the person may use nothing; '*' is every one`)
  }
  const named = services.filter((name) => name !== '*')
  const resolved = named.length === 0 ? [] : resolveServices(named, known, faults)
  const { limits = [] } = readLimits(words, faults)
  return {
    role: role as Role,
    services: [...(services.includes('*') ? ['*'] : []), ...resolved],
    models: listOf(words, 'model'),
    limits: limits.map(({ text }) => text),
  }
}

/** Reads a role of people; undefined adds a fault. */
export function readPersonRole(text: string, what: string, faults: string[]): PersonRole {
  if (!personRoles.includes(text as PersonRole)) {
    faults.push(describeWrong(what, text, personRoles))
  }
  return text as PersonRole
}

function describeWrong(what: string, text: string, allowed: readonly string[]): string {
  return `${what} must be one of ${allowed.join(', ')}, not ${showWord(text)}${didYouMean(text, allowed)}`
}
