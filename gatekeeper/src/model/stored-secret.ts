/** One secret of a key or a client: never the secret itself. Instants are epoch milliseconds. */
export type StoredSecret = {
  /** SHA-256 of the secret's UTF-8 bytes, 64 lower-case hex digits. */
  readonly sha256: string
  readonly createdAt: number | null
  /** Null is never. */
  readonly expiresAt: number | null
}
