export const roles = ['readonly', 'readwrite', 'admin'] as const
export type Role = (typeof roles)[number]

/** Who a caller is. Ids carry their kind: `key:ID`, `client:ID`, `ISSUER#SUB`, `anonymous`. */
export type Principal = {
  readonly id: string
  readonly kind: 'key' | 'anonymous'
  readonly user: string
  readonly role: Role
  /** Names of the services that it may call; an empty list is none. */
  readonly services: readonly string[]
  /** Models that it may use; an empty list is no restriction. */
  readonly models: readonly string[]
  /** Tests the client's address; null is no restriction. */
  readonly isAddressAllowed: ((address: string) => boolean) | null
  /** Web origins that it may be used from; an empty list is no restriction. */
  readonly origins: readonly string[]
  /** Epoch milliseconds; null is never. */
  readonly expiresAt: number | null
}

/** The caller without a credential: it holds no service, so that only `open` endpoints remain. */
export const anonymous: Principal = {
  id: 'anonymous',
  kind: 'anonymous',
  user: 'anonymous',
  role: 'readonly',
  services: [],
  models: [],
  isAddressAllowed: null,
  origins: [],
  expiresAt: null,
}
