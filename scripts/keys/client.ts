import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { clientIdForm } from '../../gatekeeper/src/model/credential-form.ts'
import { roles } from '../../gatekeeper/src/model/principal.ts'
import { type Client, defaultScopes } from '../../gatekeeper/src/oauth/client.ts'
import {
  addClient,
  addPublicApp,
  type NewClient,
  readClients,
  removeClient,
  rotateClient,
} from '../../gatekeeper/src/operations/clients/client-writer.ts'
import { revokeClient } from '../../gatekeeper/src/operations/clients/read-clients.ts'
import type { ServiceNames } from '../../gatekeeper/src/operations/installation.ts'
import type { Report } from '../frame/program.ts'
import { formatTable } from '../frame/table.ts'
import { listOf, showWord, stringOf, UsageError, type Words } from '../frame/words.ts'
import { appHelp, appOptions, describeApp, readApp } from './client-app.ts'
import type { Context, KeyCommand } from './context.ts'
import { showInstant } from './describe-key.ts'
import { readLimits } from './read-limits.ts'
import { readEnd, readRole, readTeam, resolveServices } from './read-members.ts'

const acts: Readonly<Record<string, (words: Words, context: Context) => Promise<Report>>> = {
  add,
  list,
  rotate,
  revoke,
  remove,
}

export const client: KeyCommand = {
  summary: 'OAuth clients, which get access tokens',
  usage:
    'add ID --service S [--role R] | add ID --app | list | rotate ID [--overlap 24h] | revoke ID | remove ID',
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
    team: { type: 'string' },
    ...appOptions,
  },
  help: [
    'add ID           make a client and show its secret once',
    '--service S      what its tokens may use; `*` for every service',
    `--role R         ${roles.join(', ')}; readwrite if not given`,
    `--scope S        scope values that it may ask for; ${defaultScopes.join(' ')} if not given`,
    '--expires E      30d, 2027-01-31; never if not given',
    '--team NAME      the team that it is of: research',
    '--token-seconds  how long its tokens last, 30 to 86400',
    '--limit, --concurrent, --model   as for keys; they count all its tokens together',
    ...appHelp,
    '--overlap D      for rotate: how long the old secret still works',
    'revoke ID        end every token that it holds now; it may get new ones',
    'remove ID        remove it and end all its tokens',
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
  context.services.requireKnown()
  const wanted = readWanted(words, context)
  const isPublic = wanted.app?.public === true
  const secret = isPublic ? null : await addClient(context.clientsFile, wanted, context)
  if (isPublic) await addPublicApp(context.clientsFile, wanted, context)
  const rows = [
    ['id', wanted.id],
    ['role', wanted.role],
    ['services', wanted.services.join(', ')],
    ['scopes', wanted.scopes.join(' ')],
    ['expires', showInstant(wanted.expiresAt)],
    ...(wanted.app === undefined ? [] : [['app', describeApp(wanted.app)]]),
  ]
  return {
    json: { ...wanted, secret, file: context.clientsFile },
    lines: [...formatTable(rows), '', ...howToUse(secret, wanted.app !== undefined, context)],
  }
}

function howToUse(secret: string | null, isApp: boolean, { baseUrl }: Context): string[] {
  const ofUser = `  POST ${baseUrl}/auth/token  {"userId": "…", "appId": "…"}`
  if (secret === null) return ['A public app has no secret. Its program gets a token at', ofUser]
  const way = isApp
    ? `${ofUser}, HTTP Basic ID:SECRET`
    : `  POST ${baseUrl}/oauth/token  grant_type=client_credentials, HTTP Basic ID:SECRET`
  const once = 'This is shown once: keep it now. Only its hash is stored.'
  return [`  ${secret}`, '', `${once} Get a token ${isApp ? 'for a user ' : ''}at`, way]
}

function readWanted(words: Words, { services, clock }: Context): NewClient {
  const faults: string[] = []
  const id = readId(words, faults)
  const role = readRole(words, faults) ?? 'readwrite'
  const app = readApp(words, services, faults)
  const given = listOf(words, 'service')
  const known = { ...services, serviceNameOf: orEvery(services) }
  // An app acts through its users, so it needs no service of its own.
  const named = app !== null && given.length === 0 ? [] : resolveServices(given, known, faults)
  const expiresAt = readEnd(words, clock(), faults) ?? null
  const { limits = [], models = [] } = readLimits(words, faults)
  const scopes = listOf(words, 'scope')
  const tokenSeconds = readSeconds(words, faults)
  const ofTeam = readTeam(words, faults)
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return {
    id,
    role,
    services: named,
    models,
    tokenSeconds,
    scopes: scopes.length === 0 ? defaultScopes : scopes,
    limits: limits.map(({ text }) => text),
    addresses: [],
    expiresAt,
    ...(app !== null && { app }),
    ...ofTeam,
  }
}

/** `*` stands for every service. */
const orEvery =
  ({ serviceNameOf }: ServiceNames) =>
  (name: string) =>
    name === '*' ? name : serviceNameOf(name)

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
  const hasTeams = clients.some(({ team }) => team !== null)
  const rows = clients.map((one) => [
    one.id,
    one.role,
    markUnknown(one.services, known).join(','),
    one.scopes.join(' '),
    stateOf(one, clock()),
    showInstant(one.expiresAt),
    one.app === null ? '' : describeApp(one.app),
    ...(hasTeams ? [one.team ?? ''] : []),
  ])
  const heading = [
    'ID',
    'ROLE',
    'SERVICES',
    'SCOPES',
    'STATE',
    'EXPIRES',
    'APP',
    ...(hasTeams ? ['TEAM'] : []),
  ]
  return {
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
    json: { id, secret, oldWorksUntil: until },
    lines: [`Rotated ${id}. The old secret ${old}.`, '', ...howToUse(secret, false, context)],
  }
}

async function revoke(words: Words, context: Context): Promise<Report> {
  const id = knownId(words)
  await revokeClient(id, context)
  const lines = [`Every token of ${id} until now stops working within two seconds.`]
  return { json: { id, revoked: true }, lines }
}

async function remove(words: Words, context: Context): Promise<Report> {
  const id = knownId(words)
  await removeClient(context.clientsFile, id, context)
  const lines = [`Removed ${id}. Its tokens stop working within two seconds.`]
  return { json: { id, removed: true }, lines }
}

function knownId(words: Words): string {
  const faults: string[] = []
  const id = readId(words, faults)
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return id
}
