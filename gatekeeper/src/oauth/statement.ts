/**
 * Signed statements about ourselves (the end of an audit chain), for people who store them
 * elsewhere. Their own type prevents that one is accepted as a token (RFC 8725 §3.11).
 */
import {
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  importJWK,
  type JWK,
} from 'jose'
import { signingAlgorithms } from '../model/algorithm.ts'
import type { Signer } from './signing-keys.ts'

const type = 'gatekeeper-statement+jws'

/**
 * Signs a statement: a JWS (RFC 7515) that contains the public key, because our keys retire after a
 * day.
 */
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
  /** Thumbprint of the key that signed it (RFC 7638); the reader must know whose it is. */
  readonly kid: string
  readonly statement: Readonly<Record<string, unknown>>
}

/**
 * Reads a statement that is signed by the key that it contains; null if it is not. That key proves
 * nothing until its thumbprint is compared with our known ones.
 */
export async function readStatement(jws: string): Promise<ReadStatement | null> {
  try {
    const { kid, jwk, typ, alg } = decodeProtectedHeader(jws)
    if (typ !== type || jwk === undefined || alg === undefined) return null
    if ((await calculateJwkThumbprint(jwk as JWK)) !== kid) return null
    const { payload } = await compactVerify(jws, await importJWK(jwk as JWK, alg), {
      algorithms: [...signingAlgorithms],
    })
    const statement: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    if (typeof statement !== 'object' || statement === null) return null
    return { kid, statement: statement as ReadStatement['statement'] }
  } catch {
    return null
  }
}
