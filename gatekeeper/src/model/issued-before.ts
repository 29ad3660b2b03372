/**
 * Returns whether a token was issued before its client was made: to an earlier client with the same id,
 * which was removed. `iat` may have whole seconds. Instants are epoch milliseconds; null is unknown.
 */
export function isIssuedBefore(
  issuedAt: number | null | undefined,
  createdAt: number | null | undefined,
): boolean {
  if (issuedAt == null || createdAt == null) return false
  return issuedAt < Math.floor(createdAt / 1000) * 1000
}
