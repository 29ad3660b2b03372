/**
 * Examines the fields that belong to the service, on a route that names another field for the
 * credential. A gatekeeper key there would reach the service, so the request is refused.
 */
import type { Fields } from '../lib/net/fields.ts'
import {
  type CredentialField,
  displayName,
  fieldText,
  passingCredentialFields,
} from '../model/credential-fields.ts'
import type { Detail } from '../model/detail.ts'

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
