/** Algorithms by which a signature can be verified with a public key, and no others (RFC 7518 §3). */
export const algorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
] as const
export type Algorithm = (typeof algorithms)[number]

/** By a secret that issuer and verifier share: for the tokens of the widget alone, and never for ours. */
export const sharedAlgorithm = 'HS256'
export type SharedAlgorithm = typeof sharedAlgorithm

/** Algorithms that we sign with (RFC 7518 §3, RFC 8037). */
export const signingAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const satisfies readonly Algorithm[]
export type SigningAlgorithm = (typeof signingAlgorithms)[number]
