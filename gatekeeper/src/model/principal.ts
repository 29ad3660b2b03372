import { type Caps, noCaps } from './caps.ts'
import type { Limit } from './limit.ts'

export const roles = ['readonly', 'readwrite', 'admin'] as const
export type Role = (typeof roles)[number]

/**
 * Who a caller is. Ids carry their kind: `key:ID`, `client:ID`, `app:APP:USER`, `ISSUER#SUB`,
 * `anonymous`. A `person:ID` is never a caller itself, only the parent of what the person made.
 */
export type Principal = {
  readonly id: string
  readonly kind: 'key' | 'anonymous' | 'client' | 'token' | 'app' | 'person'
  readonly user: string
  /** The name of its team; missing or null if it is of none. */
  readonly team?: string | null
  readonly role: Role
  /** Names of the services that it may call; an empty list means none. */
  readonly services: readonly string[]
  /** Patterns of models that it may use (`llama3.2:*`); an empty list means no restriction. */
  readonly models: readonly string[]
  /** Patterns of models that its role may use: both lists must allow a model. */
  readonly roleModels: readonly string[]
  /** Patterns of models that its team may use; missing or empty means no restriction. */
  readonly teamModels?: readonly string[]
  /** Names of the teams whose policies list services, for who asks why one is missing. */
  readonly teamsOfServices?: readonly string[]
  /** Whether it may use models that run at the vendor; null means the value of its role, or no. */
  readonly cloudModels: boolean | null
  /** Its own limits; those of its role, user and service are in the policies. */
  readonly limits: readonly Limit[]
  readonly caps: Caps
  /** Its share of the queue; null means the value of its role, or 1. */
  readonly weight: number | null
  /** Whether output is capped to what the budgets still allow, instead of refusing the request. */
  readonly capOutput: boolean
  /** Tests the client's address; null means no restriction. */
  readonly isAddressAllowed: ((address: string) => boolean) | null
  /** Web origins that it may be used from; an empty list means no restriction. */
  readonly origins: readonly string[]
  /** Epoch milliseconds; null is never. */
  readonly expiresAt: number | null
  /**
   * For an exchanged token: the current principal of its parent. For a key or client that a person
   * made: that person, with the access of now. A caller may not do what its parent may not do, and
   * what is charged to the caller is also charged to the parent.
   */
  readonly parent?: Principal
  /** What is special about a user of an app. */
  readonly app?: AppUser
}

/** A user of an app, by a token of the class bridge. */
export type AppUser = {
  readonly appId: string
  /** As the app names the user; of a public app only a label. */
  readonly userId: string
  /** Whether anybody can be this user: it gets the providers, and nothing that is kept for it. */
  readonly isPublic: boolean
  /** Whether requests without an Origin field pass. */
  readonly allowNoOrigin: boolean
  /** Limits of all users of the app together. */
  readonly totals: readonly Limit[]
  /** When its token was issued, epoch milliseconds. */
  readonly issuedAt: number
}

/** The name of the caller in texts: a caller without a key gets no text about a key. */
export function namedCaller({ kind }: Pick<Principal, 'kind'>): string {
  if (kind === 'anonymous') return 'callers without a credential'
  if (kind === 'person') return 'the person who made this credential'
  return kind === 'key' ? 'this key' : 'this access token'
}

/** Capitalises the name for the beginning of a sentence. */
export function sentenceStart(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}

/** Whether anybody could be this caller: without a credential, or with the token of a public app. */
export function isStranger({ kind, app }: Principal): boolean {
  return kind === 'anonymous' || app?.isPublic === true
}

/** Returns the principal and its parent, if any: a rule must apply to both. */
export function lineageOf(principal: Principal): readonly Principal[] {
  return principal.parent === undefined ? [principal] : [principal, ...lineageOf(principal.parent)]
}

/** Returns the person who made the credential, or the one that it came from; null if nobody did. */
export function makerOf(principal: Principal): Principal | null {
  return lineageOf(principal).find(({ kind }) => kind === 'person') ?? null
}

/** Returns the teams of the principal, of what it came from and of who made it, each once. */
export function teamsOf(principal: Principal): readonly string[] {
  return [...new Set(lineageOf(principal).flatMap(({ team }) => team ?? []))]
}

export function lesserRole(one: Role, other: Role): Role {
  return roles.indexOf(one) < roles.indexOf(other) ? one : other
}

/**
 * Returns the key or client from which an exchanged token came; any other principal itself. The person
 * who made it is not meant: usage and the last use are those of the key.
 */
export function holderOf(principal: Principal): Principal {
  const { parent } = principal
  return parent === undefined || parent.kind === 'person' ? principal : holderOf(parent)
}

/** Returns whether it, or its parent, may use certain models only. */
export function isModelLimited(principal: Principal): boolean {
  return lineageOf(principal).some(
    ({ models, roleModels, teamModels = [] }) =>
      models.length > 0 || roleModels.length > 0 || teamModels.length > 0,
  )
}

/** The caller without a credential: it has no service, so only `open` endpoints are allowed. */
export const anonymous: Principal = {
  id: 'anonymous',
  kind: 'anonymous',
  user: 'anonymous',
  role: 'readonly',
  services: [],
  models: [],
  roleModels: [],
  cloudModels: null,
  limits: [],
  caps: noCaps,
  weight: null,
  capOutput: false,
  isAddressAllowed: null,
  origins: [],
  expiresAt: null,
}
