import { createKeyRing } from '../../gatekeeper/src/api-keys/key-ring.ts'
import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { anonymous, type Principal } from '../../gatekeeper/src/model/principal.ts'
import { defaultScopes, isActiveClient } from '../../gatekeeper/src/oauth/client.ts'
import { grantExchange, type Subject } from '../../gatekeeper/src/oauth/exchange-grant.ts'
import { issueToken, type TokenRequest } from '../../gatekeeper/src/oauth/issue-token.ts'
import { openSigningKeys, type Signer } from '../../gatekeeper/src/oauth/signing-keys.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { listOf, stringOf, UsageError, type Words } from '../words/words.ts'
import type { Command, Context } from './command.ts'
import { refuseCredential } from './find-key.ts'
import { readEveryClient } from './open-tokens.ts'
import { readEveryKey } from './read-credential.ts'

const lifetimeMsDefault = 15 * 60_000
/** No token lasts longer, whoever asks. */
const ttlSecondsMax = 86_400

export const token: Command = {
  summary: 'make a short-lived token for curl, out of a key or client',
  usage: 'ID [--expires 15m] [--service S] [--model M]',
  options: {
    expires: { type: 'string' },
    service: { type: 'string', multiple: true },
    model: { type: 'string', multiple: true },
    limit: { type: 'string', multiple: true },
    role: { type: 'string' },
  },
  help: [
    'ID           of a key, or of a client: key:ID, client:ID where both have one of that name',
    '--expires D  30s to 24h; 15m if not given',
    '--service S, --model M, --limit L, --role R   less than the key has; never more',
    'The token alone goes to stdout: curl -H "Authorization: Bearer $(npm run -s keys -- token ID)"',
    'It ends with its key or client, which pay for what it uses. It is recorded in the audit.',
  ],
  run: async (words, context) => {
    const subject = await findSubject(words, context)
    const { clock, issuer, record } = context
    const granted = grant(words, subject, context)
    const signer = await readSigner(context)
    const issued = await issueToken(granted, { signer, issuer, clock })
    const { clientId, role, scopes } = granted
    const { tokenId } = issued
    const expiresAt = formatInstant(issued.expiresAt)
    const act = { event: 'token.issued', clientId, subject: granted.subject, tokenId, role }
    await record([{ ...act, scope: scopes.join(' '), expiresAt }])
    return {
      code: exitCode.ok,
      json: { token: issued.token, tokenId, subject: granted.subject, role, expiresAt },
      lines: [issued.token],
      notes: [`a token of ${granted.subject} until ${expiresAt}; \`revoke-token\` ends it sooner`],
    }
  },
}

/** By the rules of the exchange at the token endpoint: nothing beyond its parent. */
function grant(words: Words, subject: Subject, { clock, services }: Context): TokenRequest {
  const expires = stringOf(words, 'expires')
  const lifetimeMs = expires === undefined ? lifetimeMsDefault : parseDuration(expires)
  if (lifetimeMs === null) throw new UsageError('--expires must be a duration such as 15m')
  const seconds = Math.round(lifetimeMs / 1000)
  if (seconds > ttlSecondsMax) throw new UsageError('--expires is 24h at most: make a key instead')
  const named = listOf(words, 'service').map((name) => services.serviceNameOf(name) ?? name)
  const given: readonly (readonly [string, string | undefined])[] = [
    ['expires_in', String(seconds)],
    ['services', named.length === 0 ? undefined : named.join(' ')],
    ['models', listOf(words, 'model').join(' ') || undefined],
    ['limits', listOf(words, 'limit').join(',') || undefined],
    ['role', stringOf(words, 'role')],
  ]
  const parameters = new Map(
    given.filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
  )
  const options = { ttlSeconds: ttlSecondsMax, now: clock() }
  const granted = grantExchange(parameters, subject, options)
  if ('error' in granted) throw new UsageError(granted.description)
  return granted
}

async function findSubject(words: Words, context: Context): Promise<Subject> {
  const [given = '', ...rest] = words.positionals
  const [, kind, name = ''] = /^(key|client):(.+)$/.exec(given) ?? [null, null, given]
  if (name === '' || rest.length > 0) {
    throw new UsageError('name one ID of a key or client; `npm run keys -- list` shows keys')
  }
  refuseCredential(given, await readEveryKey(context))
  const found = [
    ...(kind === 'client' ? [] : [await findKey(name, context)]),
    ...(kind === 'key' ? [] : [await findClient(name, context)]),
  ].filter((subject) => subject !== null)
  const [subject, other] = found
  if (subject === undefined) {
    const hint = '`npm run keys -- list` and `npm run keys -- client list` show the ids'
    throw new UnknownKeyError(`no active key or client has this id; ${hint}`)
  }
  if (other !== undefined)
    throw new UsageError('a key and a client have this id: key:ID, client:ID')
  return subject
}

async function findKey(id: string, context: Context): Promise<Subject | null> {
  const principal = createKeyRing(await readEveryKey(context)).findById(id, context.clock())
  return typeof principal === 'string'
    ? null
    : { principal, parent: { kind: 'key', id }, scopes: defaultScopes }
}

async function findClient(id: string, context: Context): Promise<Subject | null> {
  const { clock, issuer, services } = context
  const now = clock()
  const client = (await readEveryClient(context)).find((one) => one.id === id)
  if (client === undefined || !isActiveClient(client, now)) return null
  const isForAll = client.services.includes('*')
  const principal: Principal = {
    ...anonymous,
    ...{ id: `client:${id}`, kind: 'client', user: id, role: client.role, models: client.models },
    services: isForAll ? services.names : client.services,
    expiresAt: client.expiresAt,
  }
  const ids = { issuer, subject: id, clientId: id, tokenId: null }
  const times = { issuedAt: now, expiresAt: now + ttlSecondsMax * 1000 }
  const parent = { kind: 'client', ...ids, ...times, claims: {} } as const
  return { principal, parent, scopes: client.scopes }
}

async function readSigner({ sharedDir, clock }: Context): Promise<Signer> {
  const keys = await openSigningKeys({ stateDir: sharedDir, clock })
  try {
    const signer = keys.signer()
    if (signer !== null) return signer
    const why = keys.problems()[0]?.what ?? 'no signing key is in force yet'
    throw new UnknownKeyError(`no token can be signed: ${why}. Was the gatekeeper ever started?`)
  } finally {
    keys.close()
  }
}
