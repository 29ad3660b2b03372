import { type Caps, noCaps } from './caps.ts'
import type { Limit } from './limit.ts'

export const roles = ['readonly', 'readwrite', 'admin'] as const
export type Role = (typeof roles)[number]

/** Who a caller is. Ids carry their kind: `key:ID`, `client:ID`, `ISSUER#SUB`, `anonymous`. */
export type Principal = {
  readonly id: string
  readonly kind: 'key' | 'anonymous' | 'client' | 'token'
  readonly user: string
  readonly role: Role
  /** Names of the services that it may call; an empty list is none. */
  readonly services: readonly string[]
  /** Patterns of models that it may use (`llama3.2:*`); an empty list is no restriction. */
  readonly models: readonly string[]
  /** Patterns of models that its role may use: both lists must allow a model. */
  readonly roleModels: readonly string[]
  /** Whether it may use models that run at the vendor's; null is what its role says, or no. */
  readonly cloudModels: boolean | null
  /** Its own limits; those of its role, user and service are in the policies. */
  readonly limits: readonly Limit[]
  readonly caps: Caps
  /** Its share in the queue; null is what its role says, or 1. */
  readonly weight: number | null
  /** Whether output is cut to what budgets still allow, instead of refusing the request. */
  readonly capOutput: boolean
  /** Tests the client's address; null is no restriction. */
  readonly isAddressAllowed: ((address: string) => boolean) | null
  /** Web origins that it may be used from; an empty list is no restriction. */
  readonly origins: readonly string[]
  /** Epoch milliseconds; null is never. */
  readonly expiresAt: number | null
  /**
   * Of an exchanged token: whose token it came from, as that one stands now. What the parent may
   * not do the token may not do either, and what is charged to the token is charged to the parent.
   */
  readonly parent?: Principal
}

/** What texts call it: a caller without a key is not told of one. */
export function namedCaller({ kind }: Pick<Principal, 'kind'>): string {
  if (kind === 'anonymous') return 'callers without a credential'
  return kind === 'key' ? 'this key' : 'this access token'
}

/** A sentence that begins with what texts call it. */
export function sentenceStart(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}

/** The principal and whose token it was exchanged for: what holds for one must hold for all. */
export function lineageOf(principal: Principal): readonly Principal[] {
  return principal.parent === undefined ? [principal] : [principal, ...lineageOf(principal.parent)]
}

/** Whether it, or its parent, may use certain models only. */
export function isModelLimited(principal: Principal): boolean {
  return lineageOf(principal).some(
    ({ models, roleModels }) => models.length > 0 || roleModels.length > 0,
  )
}

/** The caller without a credential: it holds no service, so that only `open` endpoints remain. */
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
