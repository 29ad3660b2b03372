/**
 * The rights that are left in a token that was exchanged for another (RFC 8693). `oauth/` writes it
 * and `access-tokens/` reads it; this is the format that they share.
 */

/** The claim that holds a narrowing; a private name (RFC 7519 §4.3). */
export const narrowingClaim = 'gatekeeper'

/** The rights in an exchanged token; its own limits apply beside those of its parent. */
export type Narrowing = {
  /** The parent, which is checked again at every use. */
  readonly parent: Parent
  /** Null keeps the parent's. */
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
      /** The claims that rules mention, so that the current rules decide; none for a client. */
      readonly claims: Readonly<Record<string, unknown>>
    }
