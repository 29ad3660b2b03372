/**
 * Finds the one credential of a request. All carriers are equal, so that a restriction can never
 * apply to only one of them; two different credentials are refused, because the upstream or a later
 * parser might use the other one. A route may name one field: then only that field is read, and the
 * others belong to the service.
 */
import { type Fields, trimWhitespace } from '../lib/net/fields.ts'
import {
  adminField,
  type CredentialField,
  displayName,
  keyFields,
} from '../model/credential-fields.ts'
import type { Detail } from '../model/detail.ts'
import type { Carrier } from '../model/facts.ts'
import type { Reason } from '../model/reason.ts'
import {
  type CarrierDeps,
  type Found,
  type Malformed,
  readAuthorization,
  readKeyField,
} from './read-carrier.ts'

export type Extracted = {
  readonly credential: string | null
  readonly carrier: Carrier
  /** The offered sub-protocols without the credential. */
  readonly subprotocols: readonly string[]
  readonly defect: Reason | null
  /** The detail for a refusal because of the defect. */
  readonly detail: Detail | null
}

// The sub-protocol in which openai's realtime clients send their key.
const subprotocolPrefix = 'openai-insecure-api-key.'

const none = { credential: null, carrier: 'none', defect: null, detail: null } as const

type Chosen = Omit<Extracted, 'subprotocols'>

export type ExtractDeps = CarrierDeps & {
  /** The field that the route names; missing if all carriers count. */
  readonly only?: CredentialField | undefined
  /** Whether administrators' own field counts as well. */
  readonly isControl?: boolean
}

/** Reads all carriers, or the one that the route names. */
export function extractCredential(fields: Fields, deps: ExtractDeps): Extracted {
  const offered = splitList(fields['sec-websocket-protocol'])
  if (deps.only !== undefined) {
    return { ...choose(readOnly(fields, deps.only, deps)), subprotocols: offered }
  }
  const isKey = (entry: string) => entry.startsWith(subprotocolPrefix) || deps.isKeyShaped(entry)
  const read = [
    ...readField(fields, 'authorization', deps),
    ...keyFields.flatMap((name) => readField(fields, name, deps)),
    ...(deps.isControl ? readField(fields, adminField, deps) : []),
    ...offered.filter(isKey).map(readSubprotocol),
  ]
  // A client could offer a thousand guesses at once: a plain key without the prefix is not a
  // credential, and is not forwarded.
  const isPassing = (entry: string) => !isKey(entry) && deps.isPlainKey?.(entry) !== true
  return { ...choose(read), subprotocols: offered.filter(isPassing) }
}

function readOnly(fields: Fields, only: CredentialField, deps: CarrierDeps) {
  if (only !== 'basic') return readField(fields, only, deps)
  // A token of the application in Authorization is not the password that the browser asked for.
  const isBasic = (value: string) => /^basic[ \t]/i.test(trimWhitespace(value))
  const authorization = (fields['authorization'] ?? []).filter(isBasic)
  return readField({ authorization }, 'authorization', deps)
}

function readField(fields: Fields, name: string, deps: CarrierDeps): (Found | Malformed)[] {
  const read = (value: string) =>
    name === 'authorization' ? readAuthorization(value, deps) : readKeyField(name, value, deps)
  return (fields[name] ?? []).map(read).filter((entry) => entry !== null)
}

function choose(read: readonly (Found | Malformed)[]): Chosen {
  const bad = read.find((entry) => 'malformed' in entry)
  if (bad) return { ...none, defect: 'malformed-field', detail: bad.malformed }
  const found = read.filter((entry) => 'credential' in entry)
  const [first] = found
  if (first === undefined) return none
  if (found.some((other) => other.credential !== first.credential)) {
    return { ...none, defect: 'ambiguous-credential', detail: describeSeveral(found) }
  }
  // Basic anywhere counts as Basic: a browser may have added it beside a script's own field.
  const basic = found.find((other) => other.carrier === 'basic')
  const subprotocol = found.find((other) => other.carrier === 'subprotocol')
  const { carrier } = basic ?? subprotocol ?? first
  return { ...none, credential: first.credential, carrier }
}

function describeSeveral(found: readonly Found[]): Detail {
  const names = [...new Set(found.map(({ field }) => displayName(field)))]
  const [only] = names
  const text =
    names.length === 1
      ? `The ${only} field came more than once, with different credentials. Send it once.`
      : `The fields ${names.join(' and ')} carry different credentials. Send one of them.`
  return { text, param: null }
}

function readSubprotocol(entry: string): Found {
  const isPrefixed = entry.startsWith(subprotocolPrefix)
  const credential = isPrefixed ? entry.slice(subprotocolPrefix.length) : entry
  return { credential, carrier: 'subprotocol', field: 'sec-websocket-protocol' }
}

function splitList(values: readonly string[] | undefined): string[] {
  return (values ?? [])
    .flatMap((value) => value.split(','))
    .map(trimWhitespace)
    .filter((entry) => entry !== '')
}
