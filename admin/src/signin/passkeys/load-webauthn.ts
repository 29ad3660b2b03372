/**
 * Loads the library of passkeys when it is first needed: with its parsers of certificates it takes
 * 25 MB, and most of the time nobody signs in.
 */
export const loadWebauthn = () => import('@simplewebauthn/server')
