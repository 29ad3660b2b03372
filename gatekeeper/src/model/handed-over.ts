import type { Principal } from './principal.ts'

/**
 * What the gatekeeper states to the admin process about a request that it admitted. Nothing in it
 * proves anything: only the gatekeeper can open the socket over which it goes.
 */
export type HandedOver = {
  /** The row of the endpoint, which is not read from a path again. */
  readonly method: string
  readonly pattern: string
  /** The parts of the path that the pattern names, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** As the client sent it, without `?`. */
  readonly query: string
  readonly principal: Pick<Principal, 'id' | 'kind' | 'user' | 'role' | 'services'>
  readonly clientAddress: string
  readonly userAgent: string | null
  readonly requestId: string
}
