import { type OAuthError, oauthError } from './oauth-error.ts'

/** The parameters of an OAuth request, each of them once. */
export type Parameters = ReadonlyMap<string, string>

/** No known client sends more. */
export const parameterBytesMax = 64 * 1024

/**
 * Reads a body. RFC 6749 §3.2: parameters must not be repeated, and those without a value are
 * treated as missing.
 */
export function readParameters(bytes: Buffer, contentType: string): Parameters | OAuthError {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase()
  const text = decode(bytes)
  if (text === null) return malformed
  if (type === 'application/x-www-form-urlencoded') return collect([...new URLSearchParams(text)])
  return type === 'application/json'
    ? readJson(text)
    : oauthError('invalid_request', 'Content-Type must be application/x-www-form-urlencoded.')
}

const malformed = oauthError('invalid_request', 'The body cannot be read.')

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** JSON is not a form of the standard; clients of older set-ups send it. */
function readJson(text: string): Parameters | OAuthError {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed
    const entries = Object.entries(value)
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      return oauthError('invalid_request', 'Every parameter must be a text.')
    }
    // A repeated member is found by its colon: each member has one, outside of strings.
    return countMembersOf(text) === entries.length ? collect(entries) : repeated
  } catch {
    return malformed
  }
}

const repeated = oauthError('invalid_request', 'A parameter is repeated.')

function countMembersOf(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1
}

function collect(entries: readonly (readonly [string, string])[]): Parameters | OAuthError {
  const names = new Set(entries.map(([name]) => name))
  if (names.size !== entries.length) return repeated
  return new Map(entries.filter(([, value]) => value !== ''))
}

/** Returns a space-separated list (RFC 6749 §3.3); null if the parameter is missing. */
export function readWords(parameters: Parameters, name: string): string[] | null {
  const value = parameters.get(name)
  return value === undefined ? null : [...new Set(value.split(' ').filter((word) => word !== ''))]
}

/** Credentials of a client, from the body or from HTTP Basic. */
export type ClientCredentials = { readonly id: string; readonly secret: string }

/**
 * RFC 6749 §2.3: one method at a time. Null if the request names no client. `authorization` is the
 * value of that field, or null.
 */
export function readClientCredentials(
  parameters: Parameters,
  authorization: string | null,
): ClientCredentials | OAuthError | null {
  const id = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  if (authorization !== null) {
    const basic = readBasic(authorization)
    if (basic === null)
      return oauthError('invalid_request', 'Authorization must use the scheme Basic.')
    const isBoth = secret !== undefined || (id !== undefined && id !== basic.id)
    return isBoth
      ? oauthError(
          'invalid_request',
          'Send the client credentials once, in Authorization or in the body.',
        )
      : basic
  }
  if (id === undefined && secret === undefined) return null
  if (id === undefined) return oauthError('invalid_request', 'client_id is missing.')
  return secret === undefined
    ? oauthError('invalid_request', 'client_secret is missing.')
    : { id, secret }
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
export function readBasic(value: string): ClientCredentials | null {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(value.trim())?.[1]
  if (encoded === undefined) return null
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return null
  const pair = decode(bytes)
  const colon = pair?.indexOf(':') ?? -1
  if (pair === null || colon === -1) return null
  const parts = [pair.slice(0, colon), pair.slice(colon + 1)].map(decodeForm)
  const [id, secret] = parts
  return id === null || secret === null || !id ? null : { id, secret: secret ?? '' }
}

function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
