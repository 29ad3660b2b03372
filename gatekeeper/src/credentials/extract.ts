/**
 * Finds the one credential of a request. All carriers are equal, so that a restriction can never
 * hold for one of them only; two different credentials are refused, since the upstream or a later
 * reader might pick the other one.
 */
import { type Fields, trimWhitespace } from '../lib/fields.ts'
import type { Carrier } from '../policy/facts.ts'
import type { Reason } from '../policy/reason.ts'

export type Extracted = {
  readonly credential: string | null
  readonly carrier: Carrier
  /** Offered sub-protocols without the credential. */
  readonly subprotocols: readonly string[]
  readonly defect: Reason | null
}

/** Fields that carry a key and nothing else; also what every last proxy removes. */
export const keyFields = ['x-api-key', 'api-key', 'x-goog-api-key'] as const

// Sub-protocol by which openai's realtime clients hand over their key.
const subprotocolPrefix = 'openai-insecure-api-key.'

type Found = { readonly credential: string; readonly carrier: Carrier }

/** Reads all carriers. `isKeyShaped` tells a credential among offered sub-protocols. */
export function extractCredential(
  fields: Fields,
  deps: { isKeyShaped: (text: string) => boolean },
): Extracted {
  const offered = splitList(fields['sec-websocket-protocol'])
  const isKey = (entry: string) => entry.startsWith(subprotocolPrefix) || deps.isKeyShaped(entry)
  const subprotocols = offered.filter((entry) => !isKey(entry))
  const authorization = (fields['authorization'] ?? []).map(readAuthorization)
  if (authorization.includes('malformed-field')) {
    return { credential: null, carrier: 'none', subprotocols, defect: 'malformed-field' }
  }
  const found = [
    ...authorization.filter((entry) => entry !== null && entry !== 'malformed-field'),
    ...keyFields.flatMap((name) => (fields[name] ?? []).flatMap(readKeyField)),
    ...offered.filter(isKey).map(readSubprotocol),
  ]
  return { ...choose(found), subprotocols }
}

function choose(found: readonly Found[]): Omit<Extracted, 'subprotocols'> {
  const [first] = found
  if (first === undefined) return { credential: null, carrier: 'none', defect: null }
  const isOne = found.every((other) => other.credential === first.credential)
  if (!isOne) return { credential: null, carrier: 'none', defect: 'ambiguous-credential' }
  // Basic anywhere counts as Basic: a browser may have added it beside a script's own field.
  const basic = found.find((other) => other.carrier === 'basic')
  const subprotocol = found.find((other) => other.carrier === 'subprotocol')
  const { carrier } = basic ?? subprotocol ?? first
  return { credential: first.credential, carrier, defect: null }
}

function readAuthorization(value: string): Found | 'malformed-field' | null {
  const text = trimWhitespace(value)
  const space = text.search(/[ \t]/)
  if (space === -1) return /^(?:bearer|basic)?$/i.test(text) ? null : plain(text)
  const scheme = text.slice(0, space).toLowerCase()
  const rest = trimWhitespace(text.slice(space))
  if (/[ \t,]/.test(rest)) return 'malformed-field'
  if (scheme === 'bearer') return plain(rest)
  return scheme === 'basic' ? readBasic(rest) : 'malformed-field'
}

const plain = (credential: string): Found => ({ credential, carrier: 'authorization' })

/** RFC 7617: the password is the key, whatever the user's name is. */
function readBasic(text: string): Found | 'malformed-field' {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'malformed-field'
  const decoded = Buffer.from(text, 'base64')
  // Buffer forgives what is no base64; only text that encodes back to itself has one reading.
  if (decoded.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) {
    return 'malformed-field'
  }
  const pair = decoded.toString('utf8')
  const colon = pair.indexOf(':')
  return colon === -1 || pair.includes('\ufffd')
    ? 'malformed-field'
    : { credential: pair.slice(colon + 1), carrier: 'basic' }
}

function readKeyField(value: string): Found[] {
  const text = trimWhitespace(value)
  return text === '' ? [] : [{ credential: text, carrier: 'field' }]
}

function readSubprotocol(entry: string): Found {
  const isPrefixed = entry.startsWith(subprotocolPrefix)
  const credential = isPrefixed ? entry.slice(subprotocolPrefix.length) : entry
  return { credential, carrier: 'subprotocol' }
}

function splitList(values: readonly string[] | undefined): string[] {
  return (values ?? [])
    .flatMap((value) => value.split(','))
    .map(trimWhitespace)
    .filter((entry) => entry !== '')
}
