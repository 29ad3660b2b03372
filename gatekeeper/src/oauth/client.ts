import type { App } from '../model/app.ts'
import type { Limit } from '../model/limit.ts'
import type { Role } from '../model/principal.ts'
import type { StoredSecret } from '../model/stored-secret.ts'

/** An OAuth client (RFC 6749 §2) of `keys/clients.json` or of the environment. */
export type Client = {
  readonly id: string
  /** The id of the person who made it, and whose access bounds it; null for no person. */
  readonly madeBy: string | null
  /** The name of its team; null if it names none. */
  readonly team: string | null
  readonly role: Role
  /** Names of services; an empty list means none, `*` all. */
  readonly services: readonly string[]
  /** Scope values that it may request. */
  readonly scopes: readonly string[]
  /** One, or two during a rotation; none for a public app. */
  readonly secrets: readonly StoredSecret[]
  readonly models: readonly string[]
  readonly limits: readonly Limit[]
  readonly addresses: readonly string[]
  readonly disabled: boolean
  /** Epoch milliseconds; null or left out if nobody knows. */
  readonly createdAt?: number | null
  readonly expiresAt: number | null
  /** Lifetime of its tokens; null means the configured one. */
  readonly tokenSeconds: number | null
  /** What its users may do if it is an app; null if it is none. */
  readonly app: App | null
}

/** The scope values that a client may request by default. */
export const defaultScopes: readonly string[] = ['chat']

/** Returns a client of the environment, which may call every service; without its secret. */
export function createFixedClient(id: string, role: Role): Omit<Client, 'secrets'> {
  return {
    ...{ id, role, services: ['*'], scopes: defaultScopes, models: [], limits: [], addresses: [] },
    ...{
      disabled: false,
      expiresAt: null,
      tokenSeconds: null,
      app: null,
      madeBy: null,
      team: null,
    },
  }
}

export function isActiveClient(
  { disabled, expiresAt }: Pick<Client, 'disabled' | 'expiresAt'>,
  now: number,
): boolean {
  return !disabled && (expiresAt === null || now < expiresAt)
}
