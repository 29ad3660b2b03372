/**
 * Reads the value of one field that carries a credential. A refusal names the field and what to
 * write; it never repeats a value, which may contain the key.
 */
import { trimWhitespace } from '../lib/net/fields.ts'
import { adminField, displayName } from '../model/credential-fields.ts'
import { credentialCharsMax } from '../model/credential-form.ts'
import type { Detail } from '../model/detail.ts'
import type { Carrier } from '../model/facts.ts'

/** A credential, and the field that carried it. */
export type Found = {
  readonly credential: string
  readonly carrier: Carrier
  readonly field: string
}

/** A value from which two parsers could read different credentials, or none. */
export type Malformed = { readonly malformed: Detail }

/** Tests for credentials that may contain spaces. */
export type CarrierDeps = {
  /**
   * Recognises a key of a loaded plain map, which has no form of its own; null if none is loaded.
   */
  readonly isPlainKey: ((text: string) => boolean) | null
  /** Returns whether the text contains something that looks like a gatekeeper key. */
  readonly isKeyShaped: (text: string) => boolean
}

const longest = `is longer than ${credentialCharsMax.toLocaleString('en')} characters, the maximum for a key or token`

/** Reports an oversized credential here: as a token it would only be invalid. */
function bounded(found: Found): Found | Malformed {
  if (found.credential.length <= credentialCharsMax) return found
  const name = displayName(found.field)
  return { malformed: { text: `The ${name} field ${longest}.`, param: name } }
}

/** Reads `Bearer KEY`, `KEY` or `Basic BASE64`; null if the field has no credential. */
export function readAuthorization(value: string, deps: CarrierDeps): Found | Malformed | null {
  const text = trimWhitespace(value)
  const space = text.search(/[ \t]/)
  if (space === -1) return /^(?:bearer|basic)?$/i.test(text) ? null : bearer(text)
  const scheme = text.slice(0, space).toLowerCase()
  const rest = trimWhitespace(text.slice(space))
  if (scheme !== 'bearer' && scheme !== 'basic') {
    return malformed('authorization', 'has a scheme that is not accepted', 'Bearer KEY')
  }
  if (/[ \t,]/.test(rest)) {
    return malformed('authorization', 'contains more than one word after its scheme', 'Bearer KEY')
  }
  return scheme === 'bearer' ? bearer(rest) : readBasic(rest, deps)
}

const bearer = (credential: string) =>
  bounded({ credential, carrier: 'authorization', field: 'authorization' })

/** RFC 7617: the password is the key; the user name is ignored. */
function readBasic(text: string, deps: CarrierDeps): Found | Malformed {
  const pair = decodePair(text)
  if (pair === null) {
    return malformed('authorization', 'has Basic credentials that cannot be read', 'Bearer KEY')
  }
  const credential = readKey(pair.slice(pair.indexOf(':') + 1), deps)
  return credential === null
    ? malformed('authorization', 'has a password that contains more than the key', 'Bearer KEY')
    : bounded({ credential, carrier: 'basic', field: 'authorization' })
}

function decodePair(text: string): string | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const decoded = Buffer.from(text, 'base64')
  // Buffer accepts invalid base64; only text that encodes back to itself has one reading.
  if (decoded.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) return null
  const pair = decoded.toString('utf8')
  return pair.includes(':') && !pair.includes('\ufffd') ? pair : null
}

/** Reads a field that carries a key and nothing else; null if it is empty. */
export function readKeyField(
  field: string,
  value: string,
  deps: CarrierDeps,
): Found | Malformed | null {
  const text = trimWhitespace(value)
  if (text === '') return null
  const credential = readKey(text, deps)
  if (credential === null) return malformed(field, 'contains more than the key', 'KEY')
  return bounded({ credential, carrier: field === adminField ? 'admin-field' : 'field', field })
}

/**
 * Returns the key of a text that should contain nothing else; a leading word Bearer is ignored.
 * Null if there are other words. If a plain map is loaded, keys may contain spaces: a possible key
 * is looked up, so that a wrong guess is counted.
 */
function readKey(text: string, { isPlainKey, isKeyShaped }: CarrierDeps): string | null {
  if (!/[ \t]/.test(text) || isPlainKey?.(text)) return text
  const [, rest] = /^bearer[ \t]+([^ \t,]+)$/i.exec(text) ?? []
  if (rest !== undefined) return rest
  return isPlainKey !== null && !isKeyShaped(text) ? text : null
}

function malformed(field: string, what: string, form: string): Malformed {
  const name = displayName(field)
  return { malformed: { text: `The ${name} field ${what}. Write: ${name}: ${form}`, param: name } }
}
