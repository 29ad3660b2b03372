/** What every answer of our own tells a browser: nothing of it may be run, framed or guessed at. */
const ownFields = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/**
 * Adds the security fields to the fields of an answer of our own; its own values go first. A page of
 * a listed Origin may read the answer, so only others are kept out. Strict-Transport-Security is
 * Caddy's to add, which has the certificate.
 */
export function withOwnFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  const isShared = fields['access-control-allow-origin'] !== undefined
  return {
    ...ownFields,
    ...(!isShared && { 'cross-origin-resource-policy': 'same-origin' }),
    ...fields,
  }
}
