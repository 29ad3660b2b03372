import { answeredHere, bytes, rowsIn } from '../row.ts'

const row = rowsIn('bridge')

/**
 * Tokens for the users of apps. The first shows the proof of an app, which is no credential of a
 * caller; the others belong to the holder of a token.
 */
export const authRows = [
  ...row('POST', '/auth/token', 'open', bytes, answeredHere, { readsCredentials: true }),
  ...row('GET|HEAD', '/auth/verify', 'read', answeredHere),
  ...row('GET|HEAD', '/auth/token-info', 'read', answeredHere),
  ...row('POST', '/auth/logout', 'use', bytes, answeredHere),
]
