/**
 * Examines the fields that belong to the service, on a route that names another field for the
 * credential. A gatekeeper key there would reach the service, so the request is refused.
 */
import { type Fields, trimWhitespace } from '../lib/net/fields.ts'
import {
  type CarrierUse,
  type CredentialField,
  displayName,
  fieldText,
  misplacedCarriers,
  passingCredentialFields,
} from '../model/credential-fields.ts'
import type { Detail } from '../model/detail.ts'
import type { Route, Service } from '../model/service.ts'

/**
 * Returns a text about a carrier that is not for the route, such as the field of administrators at
 * a service; null if there is none. A route with a field of its own forwards all others.
 */
export function findMisplaced(
  fields: Fields,
  match: { readonly route: Route; readonly service: Service } | null,
): Detail | null {
  if (match?.route.credentialField !== undefined) return null
  const isSent = (name: string) => fields[name]?.some((value) => trimWhitespace(value) !== '')
  const found = misplacedCarriers(match?.service.kind.furtherCarriers).find((row) =>
    isSent(row.field),
  )
  if (found === undefined) return null
  const text = `The ${found.shown} field is for ${placeOf[found.goodFor]} only. Leave it out here.`
  return { text, param: found.shown }
}

const placeOf: Readonly<Record<CarrierUse, string>> = {
  callers: 'callers',
  control: 'administration',
  'split keys': 'calls of a provider',
}

/**
 * Returns the first forwarded field that contains a gatekeeper credential, with a text about it;
 * null if none does.
 */
export function findStray(
  fields: Fields,
  only: CredentialField | undefined,
  isOurs: (text: string) => boolean,
): Detail | null {
  if (only === undefined) return null
  const field = passingCredentialFields(only).find((name) =>
    (fields[name] ?? []).flatMap(readings).some(isOurs),
  )
  if (field === undefined) return null
  const param = displayName(field)
  const why = 'contains a gatekeeper key, but this route forwards the field to the service'
  return { text: `The ${param} field ${why}. Send the key as ${fieldText(only)} only.`, param }
}

/** Returns the value, its words, and their base64 decoding, as in Basic. */
function readings(value: string): string[] {
  const words = value.split(/[\s,;="'<>]+/).filter((word) => word !== '')
  const decoded = words.map((word) => Buffer.from(word, 'base64').toString('utf8'))
  const parts = decoded.flatMap((text) => [text, ...text.split(/[\s:]+/)])
  // The password of Basic begins after its first colon, and may contain more colons.
  const passwords = decoded.map((text) => text.slice(text.indexOf(':') + 1))
  return [value, ...words, ...parts, ...passwords, ...words.map(afterPrefix)]
}

/** OpenAI's sub-protocol carries a key after a dot. */
const afterPrefix = (word: string) => word.replace(/^openai-insecure-api-key\./, '')
