import { createKeyRing } from '../../api-keys/key-ring.ts'
import { formatInstant } from '../../lib/instant.ts'
import { anonymous, type Principal } from '../../model/principal.ts'
import { defaultScopes, isActiveClient } from '../../oauth/client.ts'
import { grantExchange, type Subject } from '../../oauth/exchange-grant.ts'
import { issueToken } from '../../oauth/issue-token.ts'
import { noteIssuerUse } from '../../oauth/issuer-file.ts'
import type { Signer } from '../../oauth/signing-keys.ts'
import { readEveryClient } from '../clients/read-clients.ts'
import type { Installation } from '../installation.ts'
import { UnknownKeyError } from '../keys/key-writer.ts'
import { readEveryKey } from '../keys/read-keys.ts'
import { readMakerBound } from '../people/read-maker-bound.ts'
import { useSigningKeys } from './open-tokens.ts'

/** The longest life of a token. */
export const ttlSecondsMax = 86_400

/** What the token may do: never more than its subject. Empty lists and null restrict nothing. */
export type WantedToken = {
  readonly ttlSeconds: number
  readonly services: readonly string[]
  readonly models: readonly string[]
  readonly limits: readonly string[]
  readonly role: string | null
}

export type MadeToken = {
  readonly token: string
  readonly tokenId: string
  readonly subject: string
  readonly role: string
  readonly expiresAt: string
}

/** Returns the active keys and clients of this id; `kind` null looks for both. */
export async function findSubjects(
  id: string,
  kind: 'key' | 'client' | null,
  installation: Installation,
): Promise<readonly Subject[]> {
  const found = [
    kind === 'client' ? null : await findKey(id, installation),
    kind === 'key' ? null : await findClient(id, installation),
  ]
  return found.filter((subject) => subject !== null)
}

/**
 * Makes a token for a subject by the rules of the exchange at the token endpoint, and records it.
 * Returns why it is not granted as text. Rejects with an UnknownKeyError without a signing key.
 */
export async function makeToken(
  subject: Subject,
  wanted: WantedToken,
  installation: Installation,
): Promise<MadeToken | string> {
  const { clock, issuer, record, sharedDir } = installation
  const options = { ttlSeconds: ttlSecondsMax, now: clock() }
  const granted = grantExchange(toParameters(wanted), subject, options)
  if ('error' in granted) return granted.description
  const issued = await withSigner(installation, (signer) =>
    issueToken(granted, { signer, issuer, clock }),
  )
  const { clientId, role, scopes, subject: name } = granted
  const { token, tokenId } = issued
  const expiresAt = formatInstant(issued.expiresAt)
  const act = { event: 'token.issued', clientId, subject: name, tokenId, role }
  await record([{ ...act, scope: scopes.join(' '), expiresAt }])
  await noteIssuerUse(sharedDir, issuer)
  return { token, tokenId, subject: name, role, expiresAt }
}

function toParameters(wanted: WantedToken): Map<string, string> {
  const { ttlSeconds, services, models, limits, role } = wanted
  const parameters: readonly (readonly [string, string])[] = [
    ['expires_in', String(ttlSeconds)],
    ['services', services.join(' ')],
    ['models', models.join(' ')],
    ['limits', limits.join(',')],
    ['role', role ?? ''],
  ]
  return new Map(parameters.filter(([, value]) => value !== ''))
}

async function findKey(id: string, installation: Installation): Promise<Subject | null> {
  const boundByMaker = await readMakerBound(installation)
  const ring = createKeyRing(await readEveryKey(installation), boundByMaker)
  const principal = ring.findById(id, installation.clock())
  return typeof principal === 'string'
    ? null
    : { principal, parent: { kind: 'key', id }, scopes: defaultScopes }
}

async function findClient(id: string, installation: Installation): Promise<Subject | null> {
  const { clock, issuer, services } = installation
  const now = clock()
  const client = (await readEveryClient(installation)).find((one) => one.id === id)
  if (client === undefined || !isActiveClient(client, now)) return null
  const everything = client.services.includes('*') ? services.namesOfAll : []
  const { role, models, expiresAt } = client
  const members = { id: `client:${id}`, kind: 'client', user: id, role, models } as const
  const own: Principal = {
    ...anonymous,
    ...members,
    expiresAt,
    services: [...everything, ...client.services.filter((name) => name !== '*')],
  }
  const principal = (await readMakerBound(installation))(own, client.madeBy)
  if (typeof principal === 'string') return null
  const ids = { issuer, subject: id, clientId: id, tokenId: null }
  const times = { issuedAt: now, expiresAt: now + ttlSecondsMax * 1000 }
  const parent = { kind: 'client', ...ids, ...times, claims: {} } as const
  return { principal, parent, scopes: client.scopes }
}

async function withSigner<Result>(
  installation: Installation,
  use: (signer: Signer) => Promise<Result>,
): Promise<Result> {
  return await useSigningKeys(installation, async (keys) => {
    const signer = keys.signer()
    if (signer !== null) return await use(signer)
    const why = keys.problems()[0]?.what ?? 'no signing key is in force yet'
    throw new UnknownKeyError(`no token can be signed: ${why}. Was the gatekeeper ever started?`)
  })
}
