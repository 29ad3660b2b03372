/**
 * The fields that carry a caller's credential. If a route names one of them (`credentialField`),
 * the others belong to the service behind it and are forwarded.
 */

/** Fields that carry a key and nothing else. */
export const keyFields = ['x-api-key', 'api-key', 'x-goog-api-key'] as const

/** What `credentialField` of a route may name; `basic` is Authorization with a password. */
export const credentialFieldNames = ['authorization', 'basic', ...keyFields] as const
export type CredentialField = (typeof credentialFieldNames)[number]

// Fields for proxies and of another gateway: no route forwards them.
const always = ['proxy-authorization', 'ocp-apim-subscription-key'] as const
const ours = ['authorization', ...keyFields] as const

/**
 * Returns the fields, in lower case, that the last proxy of a route removes before the service sees
 * the request: every carrier, or only the one that the route names. WebSocket sub-protocols are not
 * among them: the gatekeeper decides for each request which of them are forwarded.
 */
export function removedCredentialFields(field: CredentialField | undefined): readonly string[] {
  return field === undefined ? [...ours, ...always] : [fieldOf(field), ...always]
}

/** Returns the fields that are forwarded to the service on a route that names `field`. */
export function passingCredentialFields(field: CredentialField): readonly string[] {
  return [...ours, 'sec-websocket-protocol'].filter((name) => name !== fieldOf(field))
}

function fieldOf(field: CredentialField): string {
  return field === 'basic' ? 'authorization' : field
}

const names: Readonly<Record<string, string>> = {
  authorization: 'Authorization',
  'x-api-key': 'X-API-Key',
  'sec-websocket-protocol': 'Sec-WebSocket-Protocol',
}

/** Returns the name of a field as documentation writes it. */
export function displayName(field: string): string {
  return names[field] ?? field
}

/** Returns how to write a key in the field that a route names: `X-API-Key: KEY`. */
export function fieldText(field: CredentialField): string {
  if (field === 'authorization') return 'Authorization: Bearer KEY'
  return field === 'basic' ? 'the password of Authorization: Basic' : `${displayName(field)}: KEY`
}
