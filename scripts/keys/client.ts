import { openRevocations, revocationsPath } from '../../gatekeeper/src/access-tokens/revocation.ts'
import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { roles } from '../../gatekeeper/src/model/principal.ts'
import { type Client, defaultScopes } from '../../gatekeeper/src/oauth/client.ts'
import { clientIdForm } from '../../gatekeeper/src/oauth/client-file.ts'
import {
  addClient,
  ClientIdError,
  type NewClient,
  readClients,
  removeClient,
  rotateClient,
} from '../../gatekeeper/src/operations/clients/client-writer.ts'
import { listOf, showWord, stringOf, UsageError, type Words } from '../words/words.ts'
import type { Command, Context, Report, ServiceNames } from './command.ts'
import { showInstant } from './describe-key.ts'
import { readEveryClient } from './open-tokens.ts'
import { readLimits } from './read-limits.ts'
import { readEnd, readRole } from './read-members.ts'
import { formatTable } from './table.ts'

const acts: Readonly<Record<string, (words: Words, context: Context) => Promise<Report>>> = {
  add,
  list,
  rotate,
  revoke,
  remove,
}

export const client: Command = {
  summary: 'OAuth clients, which ask for access tokens',
  usage: 'add ID --service S [--role R] | list | rotate ID [--overlap 24h] | revoke ID | remove ID',
  options: {
    service: { type: 'string', multiple: true },
    role: { type: 'string' },
    scope: { type: 'string', multiple: true },
    expires: { type: 'string' },
    'token-seconds': { type: 'string' },
    overlap: { type: 'string' },
    limit: { type: 'string', multiple: true },
    concurrent: { type: 'string' },
    model: { type: 'string', multiple: true },
  },
  help: [
    'add ID           make a client and show its secret once',
    '--service S      what its tokens open; `*` for every service',
    `--role R         ${roles.join(', ')}; readwrite if not given`,
    `--scope S        scope values that it may ask for; ${defaultScopes.join(' ')} if not given`,
    '--expires E      30d, 2027-01-31; never if not given',
    '--token-seconds  how long its tokens last, 30 to 86400',
    '--limit, --concurrent, --model   as for keys; they count over all its tokens',
    '--overlap D      for rotate: how long the old secret goes on working',
    'revoke ID        end every token that it holds now; it may ask for new ones',
    'remove ID        end it with all its tokens',
  ],
  run: async (words, context) => {
    const [name = '', ...positionals] = words.positionals
    const act = Object.hasOwn(acts, name) ? acts[name] : undefined
    if (act === undefined) throw new UsageError(describeAct(name))
    return await act({ ...words, positionals }, context)
  },
}

function describeAct(name: string): string {
  const known = Object.keys(acts)
  const form = `write client ${known.join(', client ')}`
  return name === ''
    ? form
    : `there is no command client ${showWord(name)}${didYouMean(name, known)}; ${form}`
}

async function add(words: Words, context: Context): Promise<Report> {
  context.services.require()
  const wanted = readWanted(words, context)
  const secret = await addClient(context.clientsFile, wanted, context)
  const rows = [
    ['id', wanted.id],
    ['role', wanted.role],
    ['services', wanted.services.join(', ')],
    ['scopes', wanted.scopes.join(' ')],
    ['expires', showInstant(wanted.expiresAt)],
  ]
  return {
    code: exitCode.ok,
    json: { ...wanted, secret, file: context.clientsFile },
    lines: [...formatTable(rows), '', ...howToUse(secret, context)],
  }
}

function howToUse(secret: string, { baseUrl }: Context): string[] {
  return [
    `  ${secret}`,
    '',
    'This is shown once: keep it now. Only its hash is stored. A token is asked for at',
    `  POST ${baseUrl}/oauth/token  grant_type=client_credentials, HTTP Basic ID:SECRET`,
  ]
}

function readWanted(words: Words, { services, clock }: Context): NewClient {
  const faults: string[] = []
  const id = readId(words, faults)
  const role = readRole(words, faults) ?? 'readwrite'
  const given = listOf(words, 'service')
  if (given.length === 0)
    faults.push(`--service is missing; there are ${services.names.join(', ')}`)
  const named = given.map((name) => {
    const found = name === '*' ? name : services.serviceNameOf(name)
    if (found === null) {
      const meant = didYouMean(name, [...services.names, ...services.aliases])
      faults.push(
        `there is no service ${showWord(name)}${meant || `; there are ${services.names.join(', ')}`}`,
      )
    }
    return found ?? name
  })
  const expiresAt = readEnd(words, clock(), faults) ?? null
  const { limits = [], models = [] } = readLimits(words, faults)
  const scopes = listOf(words, 'scope')
  const tokenSeconds = readSeconds(words, faults)
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return {
    ...{ id, role, services: [...new Set(named)], models, tokenSeconds },
    scopes: scopes.length === 0 ? defaultScopes : scopes,
    limits: limits.map(({ text }) => text),
    addresses: [],
    expiresAt,
  }
}

function readSeconds(words: Words, faults: string[]): number | null {
  const text = stringOf(words, 'token-seconds')
  if (text === undefined) return null
  const seconds = /^\d{2,5}$/.test(text) ? Number(text) : 0
  if (seconds < 30 || seconds > 86_400) faults.push('--token-seconds must be from 30 to 86400')
  return seconds
}

function readId({ positionals }: Words, faults: string[]): string {
  const [id = '', ...rest] = positionals
  if (rest.length > 0) faults.push('name one ID at a time')
  if (!clientIdForm.test(id))
    faults.push('the ID of a client is letters, digits and . _ - such as ci-runner')
  return id
}

async function list(_: Words, { clientsFile, clock, services: known }: Context): Promise<Report> {
  const clients = await readClients(clientsFile)
  const rows = clients.map((one) => [
    ...[one.id, one.role, markUnknown(one.services, known).join(','), one.scopes.join(' ')],
    ...[stateOf(one, clock()), showInstant(one.expiresAt)],
  ])
  const heading = ['ID', 'ROLE', 'SERVICES', 'SCOPES', 'STATE', 'EXPIRES']
  return {
    code: exitCode.ok,
    json: clients.map(({ secrets, ...shown }) => ({ ...shown, secrets: secrets.length })),
    lines: rows.length === 0 ? [`No clients in ${clientsFile}.`] : formatTable([heading, ...rows]),
  }
}

function markUnknown(services: readonly string[], { serviceNameOf }: ServiceNames): string[] {
  const isKnown = (name: string) => name === '*' || serviceNameOf(name) !== null
  return services.map((name) => (isKnown(name) ? name : `${name} (unknown)`))
}

function stateOf({ disabled, expiresAt }: Client, now: number): string {
  if (disabled) return 'disabled'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active'
}

async function rotate(words: Words, context: Context): Promise<Report> {
  const id = knownId(words)
  const overlap = stringOf(words, 'overlap')
  const overlapMs = overlap === undefined ? 0 : parseDuration(overlap)
  if (overlapMs === null) throw new UsageError('--overlap must be a duration such as 24h or 30m')
  const secret = await rotateClient(context.clientsFile, { id, overlapMs }, context)
  const until = overlapMs === 0 ? null : formatInstant(context.clock() + overlapMs)
  const old = until === null ? 'stops working' : `works until ${until}`
  return {
    code: exitCode.ok,
    json: { id, secret, oldWorksUntil: until },
    lines: [`Rotated ${id}. The old secret ${old}.`, '', ...howToUse(secret, context)],
  }
}

async function revoke(words: Words, context: Context): Promise<Report> {
  const id = knownId(words)
  const clients = await readEveryClient(context)
  // Whoever is gone already holds nothing that is taken; a typing error must not pass for a deed.
  if (!clients.some((one) => one.id === id)) {
    const meant = didYouMean(
      id,
      clients.map((one) => one.id),
    )
    throw new ClientIdError(
      `there is no client ${showWord(id)}${meant}; \`client list\` shows them`,
    )
  }
  const { sharedDir, clock, issuer, record } = context
  const revocations = await openRevocations({ path: revocationsPath(sharedDir), clock })
  try {
    await record([{ event: 'client.revoked', client: id }])
    await revocations.revokeClient({ issuer, clientId: id })
  } finally {
    revocations.close()
  }
  const lines = [`Every token of ${id} until now stops working within two seconds.`]
  return { code: exitCode.ok, json: { id, revoked: true }, lines }
}

async function remove(words: Words, context: Context): Promise<Report> {
  const id = knownId(words)
  await removeClient(context.clientsFile, id, context)
  const lines = [`Removed ${id}. Its tokens stop working within two seconds.`]
  return { code: exitCode.ok, json: { id, removed: true }, lines }
}

function knownId(words: Words): string {
  const faults: string[] = []
  const id = readId(words, faults)
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return id
}
