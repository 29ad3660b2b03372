/** The options by which `add` and `edit` say what a key is: one table, read by one function. */
import { isDescription } from '../../gatekeeper/src/api-keys/key-members.ts'
import { isTag, tagsMax } from '../../gatekeeper/src/api-keys/key-tag.ts'
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { isAddressRange } from '../../gatekeeper/src/lib/net/cidr.ts'
import { capNames } from '../../gatekeeper/src/model/caps.ts'
import { isWebOrigin } from '../../gatekeeper/src/model/origin.ts'
import { type Role, roles } from '../../gatekeeper/src/model/principal.ts'
import { isTeamName, teamForm } from '../../gatekeeper/src/model/team.ts'
import type { ServiceNames } from '../../gatekeeper/src/operations/installation.ts'
import type { KeyMembers } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { describeAddress, describeOrigin } from '../frame/describe-values.ts'
import { listOf, showWord, stringOf, type Words } from '../frame/words.ts'
import type { Context } from './context.ts'
import { readExpiry } from './read-expiry.ts'
import { limitHelp, limitOptions, readLimits } from './read-limits.ts'

export const memberOptions = {
  user: { type: 'string', short: 'u' },
  service: { type: 'string', short: 's', multiple: true },
  role: { type: 'string' },
  expires: { type: 'string', short: 'e' },
  description: { type: 'string', short: 'd' },
  tag: { type: 'string', multiple: true },
  team: { type: 'string' },
  address: { type: 'string', multiple: true },
  origin: { type: 'string', multiple: true },
  cap: { type: 'string', multiple: true },
  ...limitOptions,
} as const

export const memberHelp = [
  '--user U, -u         who it is for',
  '--service S, -s      what it may use; repeat it, or separate with commas',
  `--role R             ${roles.join(', ')}`,
  '--expires E, -e      30d, 12h, 30 (days), 2027-01-31, an instant, or never',
  '--description T, -d  what it is for, in one line',
  '--tag T              env=prod, laptop: for sorting only',
  '--team NAME          the team that it is of: research',
  '--address CIDR       addresses that it may be used from: 192.168.1.20, 192.168.1.0/24',
  '--origin O           web origins that it may be used from: https://app.example',
  `--cap NAME=N         the most that one request may ask for: ${capNames.join(', ')}`,
  ...limitHelp,
]

/** Reads what was given, and nothing else; adds everything that is wrong to `faults`. */
export function readMembers(words: Words, context: Context, faults: string[]): Partial<KeyMembers> {
  const user = stringOf(words, 'user')
  if (user !== undefined) checkUser(user, faults)
  const services = readServiceList(words, context.services, faults)
  const role = readRole(words, faults)
  const expiresAt = readEnd(words, context.clock(), faults)
  const description = stringOf(words, 'description')
  if (description !== undefined && !isDescription(description)) {
    faults.push('--description must be one line of at most 500 characters')
  }
  return {
    ...(user !== undefined && { user }),
    ...(services !== undefined && { services }),
    ...(role !== undefined && { role }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(description !== undefined && { description }),
    ...readTeam(words, faults),
    ...readLists(words, faults),
    ...readCaps(words, faults),
    ...readLimits(words, faults),
  }
}

/** Reads the team; nothing without the option. */
export function readTeam(words: Words, faults: string[]): { readonly team?: string } {
  const team = stringOf(words, 'team')
  if (team === undefined) return {}
  if (!isTeamName(team)) faults.push(`--team ${teamForm}`)
  return { team }
}

export function checkUser(user: string, faults: string[]): void {
  if (user === '') faults.push('--user is missing: the name of a person or program, such as ada')
  else if (user.length > 200 || /\p{Cc}/u.test(user)) {
    faults.push('--user must be one line of at most 200 characters, such as ada')
  }
}

function readServiceList(
  words: Words,
  known: ServiceNames,
  faults: string[],
): readonly string[] | undefined {
  if (words.values['service'] === undefined) return undefined
  return resolveServices(listOf(words, 'service'), known, faults)
}

/** The names of services, aliases resolved; a name that no service has is a fault. */
export function resolveServices(
  given: readonly string[],
  { names, aliases, serviceNameOf }: ServiceNames,
  faults: string[],
): readonly string[] {
  if (given.length === 0) faults.push(`--service is missing; there are ${names.join(', ')}`)
  const services = given.flatMap((name) => {
    const service = serviceNameOf(name)
    if (service !== null) return [service]
    const meant = didYouMean(name, [...names, ...aliases]) || `; there are ${names.join(', ')}`
    faults.push(`there is no service ${showWord(name)}${meant}`)
    return []
  })
  return [...new Set(services)]
}

export function readRole(words: Words, faults: string[]): Role | undefined {
  const role = stringOf(words, 'role')
  if (role !== undefined && !roles.includes(role as Role)) {
    const meant = didYouMean(role, roles)
    faults.push(`--role must be one of ${roles.join(', ')}, not ${showWord(role)}${meant}`)
  }
  return role as Role | undefined
}

/** Returns undefined when the option is not given; null is never. */
export function readEnd(words: Words, now: number, faults: string[]): number | null | undefined {
  const text = stringOf(words, 'expires')
  if (text === undefined || text === 'never') return text === undefined ? undefined : null
  const expiresAt = readExpiry(text, now)
  if (typeof expiresAt !== 'string') return expiresAt
  faults.push(expiresAt)
  return undefined
}

const lists = [
  { option: 'address', member: 'addresses', isGood: isAddressRange, describe: describeAddress },
  { option: 'origin', member: 'origins', isGood: isWebOrigin, describe: describeOrigin },
  { option: 'tag', member: 'tags', isGood: isTag, describe: describeTag },
] as const

function describeTag(text: string): string {
  return `${showWord(text)} is not a tag; write NAME or NAME=VALUE, such as env=prod`
}

type Lists = Pick<KeyMembers, 'addresses' | 'origins' | 'tags'>

function readLists(words: Words, faults: string[]): Lists {
  const read: Record<string, readonly string[]> = {}
  for (const { option, member, isGood, describe } of lists) {
    if (words.values[option] === undefined) continue
    const entries = listOf(words, option)
    for (const entry of entries.filter((text) => !isGood(text))) {
      faults.push(`--${option}: ${describe(entry)}`)
    }
    if (option === 'tag' && entries.length > tagsMax) {
      faults.push(`--tag: a key has at most ${tagsMax} tags, not ${entries.length}`)
    }
    read[member] = entries
  }
  return read
}

function readCaps(words: Words, faults: string[]): Pick<KeyMembers, 'caps'> {
  if (words.values['cap'] === undefined) return {}
  const caps: Record<string, number> = {}
  for (const text of listOf(words, 'cap')) {
    const [, name = '', count = ''] = /^([A-Za-z]+)=(\d{1,12})$/.exec(text) ?? []
    if (capNames.includes(name as (typeof capNames)[number])) caps[name] = Number(count)
    else {
      const meant = didYouMean(text.split('=', 1)[0] ?? '', capNames)
      const form = `outputTokens=4096; names are ${capNames.join(', ')}`
      faults.push(`--cap: ${showWord(text)} is not a cap${meant}; write ${form}`)
    }
  }
  return { caps }
}

/**
 * Origins that no service of the key allows: with them every page would still be refused, and every
 * other program as well.
 */
export function originFaults(
  {
    services,
    origins,
  }: { readonly services: readonly string[]; readonly origins: readonly string[] },
  { originsOf }: ServiceNames,
): string[] {
  const allowed = services.flatMap(originsOf)
  const lost = origins.filter((origin) => !allowed.includes(origin))
  if (lost.length === 0) return []
  const names = services.join(', ')
  const cure = `add to the service in gatekeeper.yaml: origins: [${lost.join(', ')}]`
  return [
    allowed.length === 0
      ? `--origin: ${names} allows no origin, so this key could not be used at all; ${cure}, or leave --origin out`
      : `--origin: ${lost.join(', ')} is not allowed at ${names}, only ${[...new Set(allowed)].join(', ')}; ${cure}`,
  ]
}
