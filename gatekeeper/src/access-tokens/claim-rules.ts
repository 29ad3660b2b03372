import type { Caps } from '../model/caps.ts'
import type { Limit } from '../model/limit.ts'
import type { Role } from '../model/principal.ts'
import type { Claims } from './compact-token.ts'

/** The rights of the holder of a token. */
export type Grant = {
  readonly role: Role
  /** Names of services; an empty list means none. */
  readonly services: readonly string[]
  /** Patterns of models; an empty list means no restriction. */
  readonly models: readonly string[]
  readonly limits: readonly Limit[]
  readonly caps: Caps
  readonly cloudModels: boolean | null
  readonly weight: number | null
}

/** A grant for tokens whose claims have all of these values. */
export type ClaimRule = {
  /** Keyed by claim, a path into objects with dots: `groups`, `realm_access.roles`. */
  readonly when: Readonly<Record<string, readonly string[]>>
  readonly grant: Grant
}

/**
 * Returns the grant of the first rule that matches, or null: a token without a matching rule has no
 * rights, even if its signature is valid.
 */
export function findGrant(rules: readonly ClaimRule[], claims: Claims): Grant | null {
  return rules.find(({ when }) => fits(when, claims))?.grant ?? null
}

function fits(when: ClaimRule['when'], claims: Claims): boolean {
  return findMisses(when, claims).length === 0
}

/** Returns the claims of a rule that the token does not satisfy. */
export function findMisses(when: ClaimRule['when'], claims: Claims): string[] {
  const isMissed = ([path, wanted]: readonly [string, readonly string[]]) =>
    !heldValues(claims, path).some((held) => wanted.includes(held))
  return Object.entries(when)
    .filter(isMissed)
    .map(([path]) => path)
}

/**
 * Returns the values that a rule compares with: the claim's value, the entries of a list, or the
 * words of a scope. Compared exactly, never as a part of a word.
 */
export function heldValues(claims: Claims, path: string): string[] {
  const value = readClaim(claims, path)
  const held = (Array.isArray(value) ? value : [value]).filter(isScalar).map(String)
  // RFC 6749 §3.3: the words of a scope are separated by spaces only.
  const isScope = ['scope', 'scp'].includes(path) && typeof value === 'string'
  const words = isScope ? value.split(' ').filter((word) => word !== '') : []
  return [...new Set([...held, ...words])]
}

function isScalar(value: unknown): value is string | boolean | number {
  return ['string', 'boolean', 'number'].includes(typeof value)
}

/** Reads a claim by its whole name first (some are URLs with dots), then by steps into objects. */
export function readClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  return path.split('.').reduce<unknown>((value, name) => {
    const isInside = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    return isInside ? (value as Record<string, unknown>)[name] : undefined
  }, claims)
}

/**
 * Returns the scope values of a token (RFC 9068 §2.2.3: one space-separated string; some issuers
 * give a list). Anything else gives none.
 */
export function readScopes(claims: Claims): string[] {
  const scope = claims['scope'] ?? claims['scp']
  const parts: unknown[] = Array.isArray(scope) ? scope : String(scope ?? '').split(' ')
  return parts.filter((part): part is string => typeof part === 'string' && part !== '')
}
