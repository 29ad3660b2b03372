/**
 * Signed statements about ourselves (where an audit chain stood), for people who keep them elsewhere.
 * A type of its own keeps them from ever passing for a token (RFC 8725 §3.11).
 */
import {
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  importJWK,
  type JWK,
} from 'jose'
import type { Signer } from './signing-keys.ts'

const type = 'gatekeeper-statement+jws'
const algorithms = ['RS256', 'ES256', 'EdDSA']

/** Signs a statement: a JWS (RFC 7515) that carries the public key, since ours retire after a day. */
export async function signStatement(statement: object, signer: Signer): Promise<string> {
  return await new CompactSign(Buffer.from(JSON.stringify(statement)))
    .setProtectedHeader({
      alg: signer.algorithm,
      kid: signer.kid,
      typ: type,
      jwk: signer.publicJwk,
    })
    .sign(signer.key)
}

export type ReadStatement = {
  /** Thumbprint of the key that signed it (RFC 7638): whose that is, the reader has to know. */
  readonly kid: string
  readonly statement: Readonly<Record<string, unknown>>
}

/**
 * Reads a statement that is signed by the key that it carries; null where it is not. That key is
 * anybody's until its thumbprint is compared with those that are known to be ours.
 */
export async function readStatement(jws: string): Promise<ReadStatement | null> {
  try {
    const { kid, jwk, typ, alg } = decodeProtectedHeader(jws)
    if (typ !== type || jwk === undefined || alg === undefined) return null
    if ((await calculateJwkThumbprint(jwk as JWK)) !== kid) return null
    const { payload } = await compactVerify(jws, await importJWK(jwk as JWK, alg), { algorithms })
    const statement: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    if (typeof statement !== 'object' || statement === null) return null
    return { kid, statement: statement as ReadStatement['statement'] }
  } catch {
    return null
  }
}
