/**
 * The grant of RFC 8693: the holder of an API key or of an access token gets a token with fewer
 * rights and a shorter life. A token never has a right that its parent lacks, and the parent is
 * checked again at every use.
 */
import { isAddressRange } from '../lib/net/cidr.ts'
import { parseLimit } from '../model/limit.ts'
import type { Narrowing, Parent } from '../model/narrowing.ts'
import { type Principal, type Role, roles } from '../model/principal.ts'
import type { TokenRequest } from './issue-token.ts'
import { type OAuthError, oauthError } from './oauth-error.ts'
import { type Parameters, readWords } from './parameters.ts'

export const exchangeGrantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const jwtType = 'urn:ietf:params:oauth:token-type:jwt'

/** The holder of the subject token, and the data to find it again. */
export type Subject = {
  readonly principal: Principal
  readonly parent: Parent
  /** Its scope values; an exchange grants no others. */
  readonly scopes: readonly string[]
}

const ttlSecondsMin = 30

/** Returns what to issue for the subject, or why nothing is issued. */
export function grantExchange(
  parameters: Parameters,
  subject: Subject,
  deps: { readonly ttlSeconds: number; readonly now: number },
): TokenRequest | OAuthError {
  const { principal, parent } = subject
  // A chain of exchanges could keep a token alive forever.
  if (principal.parent !== undefined && principal.parent.kind !== 'person') {
    return oauthError('invalid_grant', 'A token that was exchanged cannot be exchanged again.')
  }
  const narrowing = readNarrowing(parameters, subject)
  if ('error' in narrowing) return narrowing
  const role = readRole(parameters, principal.role)
  if (typeof role !== 'string') return role
  const ttlSeconds = readLifetime(parameters, principal, deps)
  if (typeof ttlSeconds !== 'number') return ttlSeconds
  const scopes = readWords(parameters, 'scope') ?? subject.scopes
  if (scopes.some((scope) => !subject.scopes.includes(scope))) {
    return oauthError('invalid_scope', 'The subject token does not have this scope.')
  }
  return {
    tokenClass: 'house',
    subject: principal.id,
    // The client of another issuer may have the name of one of ours, which must not own the token.
    clientId: parent.kind === 'client' ? (parent.clientId ?? principal.id) : principal.id,
    role,
    scopes,
    ttlSeconds,
    narrowing,
  }
}

/** Refuses options of RFC 8693 that are not supported, before any look-up. */
export function refuseExchange(parameters: Parameters): OAuthError | null {
  const asked = parameters.get('requested_token_type') ?? accessTokenType
  const given = parameters.get('subject_token_type')
  if (parameters.get('subject_token') === undefined) {
    return oauthError('invalid_request', 'subject_token is missing.')
  }
  if (given !== accessTokenType && given !== jwtType) {
    return oauthError('invalid_request', `subject_token_type must be ${accessTokenType}.`)
  }
  if (asked !== accessTokenType && asked !== jwtType) {
    return oauthError('invalid_request', 'Only access tokens are issued.')
  }
  const isDelegated = parameters.has('actor_token') || parameters.has('actor_token_type')
  return isDelegated ? oauthError('invalid_request', 'Actor tokens are not supported.') : null
}

function readNarrowing(parameters: Parameters, { principal, parent }: Subject) {
  const services = readWords(parameters, 'services')
  if (services?.some((name) => !principal.services.includes(name))) {
    return oauthError('invalid_target', 'The subject token does not cover all of these services.')
  }
  const limits = (parameters.get('limits') ?? '').split(',').map((text) => text.trim())
  const asked = limits.filter((text) => text !== '')
  if (asked.some((text) => parseLimit(text) === null)) {
    return oauthError('invalid_request', 'limits must be limits such as 60/min, comma-separated.')
  }
  const addresses = readWords(parameters, 'addresses') ?? []
  if (!addresses.every(isAddressRange)) {
    return oauthError(
      'invalid_request',
      'addresses must be IP addresses or ranges such as 192.168.1.0/24, separated by spaces.',
    )
  }
  const models = readWords(parameters, 'models')
  return { parent, services, models, limits: asked, addresses } satisfies Narrowing
}

function readRole(parameters: Parameters, held: Role): Role | OAuthError {
  const role = parameters.get('role') ?? held
  const rank = roles.indexOf(role as Role)
  return rank === -1 || rank > roles.indexOf(held)
    ? oauthError('invalid_scope', 'The subject token does not have this role.')
    : (role as Role)
}

/** Never longer than the life of the parent, nor than the limit for all tokens. */
function readLifetime(
  parameters: Parameters,
  principal: Principal,
  deps: { readonly ttlSeconds: number; readonly now: number },
): number | OAuthError {
  const text = parameters.get('expires_in')
  const asked = text === undefined ? deps.ttlSeconds : Number(text)
  if (!Number.isSafeInteger(asked) || asked < ttlSecondsMin) {
    return oauthError('invalid_request', `expires_in must be at least ${ttlSecondsMin} seconds.`)
  }
  const left =
    principal.expiresAt === null
      ? Number.POSITIVE_INFINITY
      : Math.floor((principal.expiresAt - deps.now) / 1000)
  if (left < 1) return oauthError('invalid_grant', 'The subject token is about to expire.')
  return Math.min(asked, deps.ttlSeconds, left)
}
