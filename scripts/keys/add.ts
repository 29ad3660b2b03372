import { addKey, type NewKey } from '../../gatekeeper/src/credentials/key-writer.ts'
import { isAddressRange } from '../../gatekeeper/src/lib/cidr.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { isWebOrigin } from '../../gatekeeper/src/policy/origin.ts'
import { type Role, roles } from '../../gatekeeper/src/policy/principal.ts'
import { type Command, type Context, listOf, stringOf, UsageError, type Words } from './command.ts'
import { showInstant } from './describe-key.ts'
import { howToUse } from './how-to-use.ts'
import { readExpiry } from './read-expiry.ts'
import { limitHelp, limitOptions, readLimits } from './read-limits.ts'
import { formatTable } from './table.ts'

export const add: Command = {
  summary: 'make a key and show it once',
  usage: '--user U --service S [--role R] [--expires 30d] [--limit 60/min]',
  options: {
    user: { type: 'string' },
    service: { type: 'string', multiple: true },
    role: { type: 'string' },
    expires: { type: 'string' },
    address: { type: 'string', multiple: true },
    origin: { type: 'string', multiple: true },
    ...limitOptions,
  },
  help: [
    '--user U        who it is for; asked for on a terminal',
    '--service S     what it opens; repeat it, or put commas between; asked for on a terminal',
    `--role R        ${roles.join(', ')}; readwrite if not given`,
    '--expires E     30d, 12h, 2027-01-31, or an instant; never if not given',
    '--address CIDR  addresses that it may be used from: 192.168.1.0/24',
    '--origin O      web origins that it may be used from: https://app.example',
    ...limitHelp,
    'Addresses, origins, models and limits may be repeated; without them there is no restriction.',
  ],
  run: async (words, context) => {
    context.services.require()
    const wanted = await readWanted(words, context)
    const { clock, record, services: known } = context
    const deps = { clock, known, record }
    const made = await addKey(context.file, wanted, deps)
    const { user, role, services } = wanted
    const limits = (wanted.limits ?? []).map(({ text }) => text)
    const expiresAt = wanted.expiresAt === null ? null : formatInstant(wanted.expiresAt)
    const rows = [
      ['id', made.id],
      ['user', user],
      ['role', role],
      ['services', services.join(', ')],
      ['expires', showInstant(wanted.expiresAt)],
      ...(limits.length === 0 ? [] : [['limits', limits.join(', ')]]),
    ]
    return {
      code: exitCode.ok,
      json: { ...made, user, role, services, expiresAt, limits, file: context.file },
      lines: [...formatTable(rows), '', ...howToUse(made.key, context.baseUrl)],
    }
  },
}

async function readWanted(words: Words, context: Context): Promise<NewKey> {
  const faults: string[] = []
  if (words.positionals.length > 0) faults.push('options begin with two hyphens')
  const user = await readUser(words, context, faults)
  const services = await readServices(words, context, faults)
  const expiry = stringOf(words, 'expires')
  const expiresAt = expiry === undefined ? null : readExpiry(expiry, context.clock())
  if (typeof expiresAt === 'string') faults.push(expiresAt)
  const wanted: NewKey = {
    user,
    services,
    role: readRole(words, faults),
    expiresAt: typeof expiresAt === 'string' ? null : expiresAt,
    addresses: checkAll(words, { name: 'address', isGood: isAddressRange, faults }),
    origins: checkAll(words, { name: 'origin', isGood: isWebOrigin, faults }),
    ...readLimits(words, faults),
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return wanted
}

async function readUser(words: Words, context: Context, faults: string[]): Promise<string> {
  const user = stringOf(words, 'user') ?? (await context.ask?.('User'))?.trim() ?? ''
  if (user === '') faults.push('--user is missing')
  else if (user.length > 200 || /\p{Cc}/u.test(user)) faults.push('--user is no plain name')
  return user
}

async function readServices(words: Words, context: Context, faults: string[]): Promise<string[]> {
  const { names, serviceNameOf } = context.services
  const given = listOf(words, 'service')
  const asked =
    given.length > 0 ? '' : ((await context.ask?.(`Services (of ${names.join(', ')})`)) ?? '')
  const wanted = given.length > 0 ? given : asked.split(/[\s,]+/).filter((name) => name !== '')
  if (wanted.length === 0) faults.push(`--service is missing; there are ${names.join(', ')}`)
  const services = wanted.flatMap((name) => {
    const service = serviceNameOf(name)
    if (service !== null) return [service]
    faults.push(`there is no service ${JSON.stringify(name)}; there are ${names.join(', ')}`)
    return []
  })
  return [...new Set(services)]
}

function readRole(words: Words, faults: string[]): Role {
  const role = stringOf(words, 'role') ?? 'readwrite'
  if (!roles.includes(role as Role)) faults.push(`--role must be one of ${roles.join(', ')}`)
  return role as Role
}

type Check = {
  readonly name: string
  readonly isGood: (text: string) => boolean
  readonly faults: string[]
}

function checkAll(words: Words, { name, isGood, faults }: Check): string[] {
  const entries = listOf(words, name)
  for (const entry of entries.filter((text) => !isGood(text))) {
    faults.push(`--${name} ${JSON.stringify(entry)} is not one`)
  }
  return entries
}
