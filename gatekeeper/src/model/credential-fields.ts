/**
 * The fields that carry a caller's credential. Where a route names one of them (`credentialField`),
 * the others belong to the service behind it and pass.
 */

/** Fields that carry a key and nothing else. */
export const keyFields = ['x-api-key', 'api-key', 'x-goog-api-key'] as const

/** What `credentialField` of a route may name; `basic` is Authorization with a password. */
export const credentialFieldNames = ['authorization', 'basic', ...keyFields] as const
export type CredentialField = (typeof credentialFieldNames)[number]

// Those of proxies and of another gateway: no route passes them.
const always = ['proxy-authorization', 'ocp-apim-subscription-key'] as const
const ours = ['authorization', ...keyFields] as const

/**
 * The fields, in lower case, that the last proxy of a route removes before the service sees the
 * request: every carrier, or only the one that the route names. Sub-protocols of WebSockets are not
 * among them: the gatekeeper says at each request which of them go on.
 */
export function removedCredentialFields(field: CredentialField | undefined): readonly string[] {
  return field === undefined ? [...ours, ...always] : [fieldOf(field), ...always]
}

/** The fields that pass to the service at a route that names `field`. */
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

/** The name of a field as documents write it. */
export function displayName(field: string): string {
  return names[field] ?? field
}

/** How a key is written in the one field of a route: `X-API-Key: KEY`. */
export function fieldText(field: CredentialField): string {
  if (field === 'authorization') return 'Authorization: Bearer KEY'
  return field === 'basic' ? 'the password of Authorization: Basic' : `${displayName(field)}: KEY`
}
