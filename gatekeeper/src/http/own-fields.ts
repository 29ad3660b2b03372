/** Fields of every answer of our own: a browser may not run or frame it, or guess its type. */
const ownFields = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/**
 * Adds the security fields to the fields of an answer of our own; fields of the answer win. A page
 * of a listed origin may read the answer; only other origins are kept out. Caddy adds
 * Strict-Transport-Security, because it has the certificate.
 */
export function withOwnFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  const isShared = fields['access-control-allow-origin'] !== undefined
  return {
    ...ownFields,
    ...(!isShared && { 'cross-origin-resource-policy': 'same-origin' }),
    ...fields,
  }
}
