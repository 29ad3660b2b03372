/**
 * How a token that was exchanged for another (RFC 8693) says what is left of it. One room writes
 * it and another one reads it; this is what they agree on.
 */

/** The claim that holds a narrowing; a private name (RFC 7519 §4.3). */
export const narrowingClaim = 'gatekeeper'

/** What an exchanged token says of itself; its own limits beside those of its parent. */
export type Narrowing = {
  /** Who it came from, asked again at every use. */
  readonly parent: Parent
  /** Null leaves what the parent has. */
  readonly services: readonly string[] | null
  readonly models: readonly string[] | null
  readonly limits: readonly string[]
  readonly addresses: readonly string[]
}

/** The holder of an exchanged token's parent. Instants are epoch milliseconds. */
export type Parent =
  | { readonly kind: 'key'; readonly id: string }
  | {
      readonly kind: 'client' | 'foreign'
      readonly issuer: string
      readonly subject: string
      readonly clientId: string | null
      readonly tokenId: string | null
      readonly issuedAt: number | null
      readonly expiresAt: number
      /** The claims that rules speak of, so that the rules of the day decide; none for a client. */
      readonly claims: Readonly<Record<string, unknown>>
    }
