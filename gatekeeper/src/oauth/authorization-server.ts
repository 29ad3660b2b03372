/**
 * The OAuth 2.0 authorization server, without its HTTP: authenticates clients, decides grants and
 * builds answers. Every failed client authentication gets the same text and takes the same time;
 * nothing of a request is logged here.
 */
import type { Clock } from '../lib/clock.ts'
import type { RateLimiter } from '../lib/load/rate-limiter.ts'
import type { RefuseAddress } from '../model/address-rule.ts'
import type { Client } from './client.ts'
import { grantClientCredentials } from './client-credentials-grant.ts'
import type { ClientStore } from './client-store.ts'
import {
  accessTokenType,
  exchangeGrantType,
  grantExchange,
  refuseExchange,
  type Subject,
} from './exchange-grant.ts'
import { type IssuedToken, issueToken, type TokenRequest } from './issue-token.ts'
import { invalidClient, type OAuthError, oauthError } from './oauth-error.ts'
import { type Parameters, readClientCredentials } from './parameters.ts'
import type { SigningKeys } from './signing-keys.ts'

/** One request to an OAuth endpoint. */
export type OAuthRequest = {
  readonly parameters: Parameters
  /** Value of the Authorization field, or null. */
  readonly authorization: string | null
  /** The client's address or its group, by which attempts are counted. */
  readonly addressGroup: string
  readonly clientAddress: string
}

/** The answer: a JSON body, or none. */
export type OAuthAnswer = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> | null
  /** Whether the answer needs `WWW-Authenticate: Basic` (RFC 6749 §5.2). */
  readonly challenge?: true
  readonly retryAfterSeconds?: number
}

/** The introspection of a valid token (RFC 7662 §2.2); null for any other. */
export type Introspected = Readonly<Record<string, unknown>> | null

/** The facts of one of our tokens that revoking needs. Instants are epoch milliseconds. */
export type OwnToken = {
  /** Its issuer name, which may be an older one of ours. */
  readonly issuer: string
  readonly tokenId: string
  readonly clientId: string
  readonly expiresAt: number
}

export type AuthorizationServerDeps = {
  readonly issuer: string
  readonly ttlSeconds: number
  /** The origin of the console, for which clients ask tokens of class admin. */
  readonly consoleOrigin: string
  readonly clients: ClientStore
  readonly signingKeys: Pick<SigningKeys, 'signer'>
  readonly clock: Clock
  /** Attempts by client and address; successful ones are given back. */
  readonly attempts: RateLimiter
  /** Returns the holder of an API key or access token, or null if it is not valid. */
  readonly findSubject: (credential: string, addressGroup: string) => Promise<Subject | null>
  readonly introspectToken: (token: string) => Promise<Introspected>
  /** Returns a token that we signed and that has not expired, or null. */
  readonly findOwnToken: (token: string) => Promise<OwnToken | null>
  readonly revoke: (token: OwnToken) => Promise<void>
  readonly refuseAddress: RefuseAddress
  /** Resolves when the act is recorded; an act that cannot be recorded must not happen. */
  readonly record: (act: TokenAct) => Promise<void>
}

/** A token that was issued to a client or revoked. The token itself is not a part of it. */
export type TokenAct = {
  readonly event: 'token.issued' | 'token.revoked'
  readonly clientId: string
  readonly tokenId: string
  readonly addressGroup: string
  /** ISO 8601. */
  readonly expiresAt: string
  readonly subject?: string
  readonly role?: string
  readonly scope?: string
}

export type AuthorizationServer = {
  readonly token: (request: OAuthRequest) => Promise<OAuthAnswer>
  readonly introspect: (request: OAuthRequest) => Promise<OAuthAnswer>
  readonly revoke: (request: OAuthRequest) => Promise<OAuthAnswer>
}

export function createAuthorizationServer(deps: AuthorizationServerDeps): AuthorizationServer {
  return {
    token: (request) => answerToken(request, deps),
    introspect: async (request) => {
      const client = authenticateClient(request, deps)
      if ('error' in client) return refuse(client, request)
      const token = request.parameters.get('token')
      if (token === undefined) return refuse(missing('token'), request)
      const found = await deps.introspectToken(token)
      return { status: 200, body: found === null ? { active: false } : { active: true, ...found } }
    },
    revoke: async (request) => {
      const client = authenticateClient(request, deps)
      if ('error' in client) return refuse(client, request)
      const token = request.parameters.get('token')
      if (token === undefined) return refuse(missing('token'), request)
      const own = await deps.findOwnToken(token)
      // RFC 7009 §2.2: an unknown token is already invalid, which is the requested result.
      if (own === null) return { status: 200, body: null }
      if (own.clientId !== client.id && client.role !== 'admin') return refuse(notYours, request)
      const { tokenId, clientId } = own
      const expiresAt = new Date(own.expiresAt).toISOString()
      const act = { event: 'token.revoked', tokenId, clientId, expiresAt } as const
      if (!(await record({ ...act, addressGroup: request.addressGroup }, deps))) {
        return refuse(unrecorded, request)
      }
      await deps.revoke(own)
      return { status: 200, body: null }
    },
  }
}

const unrecorded = oauthError(
  'temporarily_unavailable',
  'The request cannot be recorded at the moment. Try again later.',
)

async function record(act: TokenAct, deps: AuthorizationServerDeps): Promise<boolean> {
  return await deps.record(act).then(
    () => true,
    () => false,
  )
}

function describeIssued(
  { clientId, subject, role, scopes }: TokenRequest,
  { tokenId, expiresAt }: IssuedToken,
  { addressGroup }: OAuthRequest,
): TokenAct {
  return {
    ...{ event: 'token.issued', clientId, subject, tokenId, role, scope: scopes.join(' ') },
    ...{ addressGroup, expiresAt: new Date(expiresAt).toISOString() },
  }
}

const missing = (name: string) => oauthError('invalid_request', `${name} is missing.`)

const notYours = oauthError('invalid_grant', 'The token was issued to another client.')

async function answerToken(
  request: OAuthRequest,
  deps: AuthorizationServerDeps,
): Promise<OAuthAnswer> {
  const granted = await grant(request, deps)
  if ('error' in granted) return refuse(granted, request)
  const signer = deps.signingKeys.signer()
  if (signer === null) {
    return refuse(
      oauthError(
        'temporarily_unavailable',
        'No tokens can be issued at the moment. Try again later.',
      ),
      request,
    )
  }
  const issued = await issueToken(granted, { signer, issuer: deps.issuer, clock: deps.clock })
  const isRecorded = await record(describeIssued(granted, issued, request), deps)
  if (!isRecorded) return refuse(unrecorded, request)
  const isExchange = request.parameters.get('grant_type') === exchangeGrantType
  return {
    status: 200,
    body: {
      access_token: issued.token,
      ...(isExchange && { issued_token_type: accessTokenType }),
      token_type: 'Bearer',
      expires_in: granted.ttlSeconds,
      scope: granted.scopes.join(' '),
    },
  }
}

async function grant(
  request: OAuthRequest,
  deps: AuthorizationServerDeps,
): Promise<TokenRequest | OAuthError> {
  const { parameters } = request
  switch (parameters.get('grant_type')) {
    case 'client_credentials': {
      const client = authenticateClient(request, deps)
      return 'error' in client ? client : grantClientCredentials(parameters, client, deps)
    }
    case exchangeGrantType:
      return await exchange(request, deps)
    case undefined:
      return missing('grant_type')
    default:
      return oauthError('unsupported_grant_type', 'This grant type is not supported.')
  }
}

/**
 * The subject token is sufficient proof; but a client that also identifies itself must be valid.
 */
async function exchange(
  request: OAuthRequest,
  deps: AuthorizationServerDeps,
): Promise<TokenRequest | OAuthError> {
  const { parameters, authorization, addressGroup } = request
  const refusal = refuseExchange(parameters)
  if (refusal !== null) return refusal
  if (authorization !== null || parameters.has('client_id') || parameters.has('client_secret')) {
    const client = authenticateClient(request, deps)
    if ('error' in client) return client
  }
  const subject = await deps.findSubject(parameters.get('subject_token') ?? '', addressGroup)
  return subject === null
    ? oauthError('invalid_grant', 'The subject token is not valid.')
    : grantExchange(parameters, subject, { ttlSeconds: deps.ttlSeconds, now: deps.clock() })
}

const tooMany = oauthError('temporarily_unavailable', 'Too many attempts. Try again later.')

/** Each attempt is charged before the check, so that parallel guesses cannot exceed the limit. */
function authenticateClient(
  { parameters, authorization, addressGroup, clientAddress }: OAuthRequest,
  deps: AuthorizationServerDeps,
): Client | OAuthError {
  const credentials = readClientCredentials(parameters, authorization)
  if (credentials === null) return missing('client_id')
  if ('error' in credentials) return credentials
  // Before the secret is looked at: a refused address does not learn whether it is right.
  deps.refuseAddress(clientAddress, { app: credentials.id, user: credentials.id })
  const names = [addressGroup, `${addressGroup} ${credentials.id.slice(0, 100)}`]
  const taken = names.filter((name) => deps.attempts.take(name))
  if (taken.length < names.length) return tooMany
  const client = deps.clients.authenticate(credentials.id, credentials.secret)
  if (client === null) return invalidClient
  for (const name of taken) deps.attempts.giveBack(name)
  return client
}

const retryAfterSeconds = 30

function refuse({ error, description }: OAuthError, { authorization }: OAuthRequest): OAuthAnswer {
  const body = { error, error_description: description }
  if (error === 'invalid_client') {
    return { status: 401, body, ...(authorization !== null && { challenge: true }) }
  }
  if (error !== 'temporarily_unavailable') return { status: 400, body }
  return { status: description === tooMany.description ? 429 : 503, body, retryAfterSeconds }
}
