import { topLevelNames } from '../lib/json/json-scan.ts'
import { credentialCharsMax } from '../model/credential-form.ts'

/** A JWT as it was sent (RFC 7515 §3.1), decoded but not verified. */
export type CompactToken = {
  readonly text: string
  readonly header: JoseHeader
  /** Claims by name, as parsed from JSON. */
  readonly claims: Claims
}

export type JoseHeader = {
  readonly alg: string
  readonly kid: string | null
  /** Media type without `application/`, in lower case (RFC 7515 §4.1.9); null if there is none. */
  readonly typ: string | null
}

export type Claims = Readonly<Record<string, unknown>>

/**
 * Decodes a token strictly; null if two parsers could read it differently. A text that decodes to
 * the same bytes as another one must not pass as a second token: a revoked one could be re-encoded.
 */
export function readCompactToken(text: string): CompactToken | null {
  const parts = readSignedParts(text)
  const claims = parts && readObject(parts.payload)
  return claims && { text, header: parts.header, claims }
}

/**
 * Returns the parts of a signed text (RFC 7515 §7.1) with any payload; null under the same
 * conditions.
 */
export function readSignedParts(text: string): { header: JoseHeader; payload: Buffer } | null {
  if (text.length > credentialCharsMax) return null
  const parts = text.split('.')
  if (parts.length !== 3) return null
  const [head, payload, signature] = parts.map(decodeBase64Url)
  if (!head || !payload || !signature || signature.length === 0) return null
  const members = readObject(head)
  const header = members && knownHeader(members)
  return header && { header, payload }
}

/** Returns the bytes; null if the text is not their canonical encoding (RFC 7515 §2). */
export function decodeBase64Url(text: string): Buffer | null {
  // Buffer accepts padding, the other alphabet, and leftover bits.
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    const names = topLevelNames(text)
    // With a repeated member, the issuer may have meant the other value.
    if (names === null || new Set(names).size !== names.length) return null
    return value as Record<string, unknown>
  } catch {
    return null
  }
}

/**
 * `crit` demands extensions and we have none (RFC 7515 §4.1.11); `b64` would change what is signed
 * (RFC 7797). Keys and addresses of keys in the token (`jwk`, `jku`, `x5c`, `x5u`) are ignored.
 */
function knownHeader(header: Readonly<Record<string, unknown>>): JoseHeader | null {
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return null
  const { alg, kid, typ } = header
  if (typeof alg !== 'string') return null
  if (kid !== undefined && typeof kid !== 'string') return null
  if (typ !== undefined && typeof typ !== 'string') return null
  return { alg, kid: kid ?? null, typ: typ?.toLowerCase().replace(/^application\//, '') ?? null }
}
