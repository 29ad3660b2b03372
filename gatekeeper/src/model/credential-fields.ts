/**
 * The fields that carry credentials, as one table: what is read from a request, what no upstream
 * sees, and what is refused in the wrong place are made from it or compared with it. If a route
 * names one of them (`credentialField`), the others belong to the service behind it and are forwarded.
 */

type CarrierRow = {
  /** In lower case. */
  readonly field: string
  /** As documentation writes it. */
  readonly shown: string
  /** The credential alone, after a scheme (Bearer, Basic), or as one of several words. */
  readonly form: 'key' | 'scheme' | 'list'
  /** Whose credential it is: a caller's, for every route; an administrator's; or a part of a key. */
  readonly goodFor: CarrierUse
}

export type CarrierUse = 'callers' | 'control' | 'split keys'

export const carriers = [
  { field: 'authorization', shown: 'Authorization', form: 'scheme', goodFor: 'callers' },
  { field: 'x-api-key', shown: 'X-API-Key', form: 'key', goodFor: 'callers' },
  { field: 'api-key', shown: 'api-key', form: 'key', goodFor: 'callers' },
  { field: 'x-goog-api-key', shown: 'x-goog-api-key', form: 'key', goodFor: 'callers' },
  {
    ...{ field: 'sec-websocket-protocol', shown: 'Sec-WebSocket-Protocol' },
    ...{ form: 'list', goodFor: 'callers' },
  },
  { field: 'x-admin-key', shown: 'X-Admin-Key', form: 'key', goodFor: 'control' },
  { field: 'x-partial-key-id', shown: 'X-Partial-Key-Id', form: 'key', goodFor: 'split keys' },
  { field: 'x-partial-key', shown: 'X-Partial-Key', form: 'key', goodFor: 'split keys' },
] as const satisfies readonly CarrierRow[]

type Row = (typeof carriers)[number]

/** A field that carries a caller's key and nothing else. */
type KeyField = Extract<Row, { form: 'key'; goodFor: 'callers' }>['field']

const isKeyRow = (row: Row): row is Extract<Row, { field: KeyField }> =>
  row.form === 'key' && row.goodFor === 'callers'

/** Fields that carry a caller's key and nothing else. */
export const keyFields: readonly KeyField[] = carriers.filter(isKeyRow).map(({ field }) => field)

/** The field for administrators, which may also carry the credential that is only for them. */
export const adminField = 'x-admin-key' satisfies Row['field']

/** What `credentialField` of a route may name; `basic` is Authorization with a password. */
export const credentialFieldNames: readonly CredentialField[] = [
  ...(['authorization', 'basic'] as const),
  ...keyFields,
]
export type CredentialField = 'authorization' | 'basic' | KeyField

// Fields for proxies and of another gateway: no route forwards them.
const always = ['proxy-authorization', 'ocp-apim-subscription-key'] as const
const subprotocols = 'sec-websocket-protocol'

/**
 * Returns the fields, in lower case, that the last proxy of a route removes before the service sees
 * the request: every carrier, or only the one that the route names. WebSocket sub-protocols are not
 * among them: the gatekeeper decides for each request which of them are forwarded.
 */
export function removedCredentialFields(field: CredentialField | undefined): readonly string[] {
  if (field !== undefined) return [fieldOf(field), ...always]
  return [...carriers.map((row) => row.field).filter((name) => name !== subprotocols), ...always]
}

/** Returns the fields that are forwarded to the service on a route that names `field`. */
export function passingCredentialFields(field: CredentialField): readonly string[] {
  return carriers.map((row) => row.field).filter((name) => name !== fieldOf(field))
}

/**
 * Returns the fields that carry no credential for a route: those that are only for others.
 * `further` are the carriers that its service takes beside those of all callers.
 */
export function misplacedCarriers(further: CarrierUse | undefined): readonly CarrierRow[] {
  return carriers.filter(({ goodFor }) => goodFor !== 'callers' && goodFor !== further)
}

function fieldOf(field: CredentialField): string {
  return field === 'basic' ? 'authorization' : field
}

/** Returns the name of a field as documentation writes it. */
export function displayName(field: string): string {
  return carriers.find((row) => row.field === field)?.shown ?? field
}

/** Returns how to write a key in the field that a route names: `X-API-Key: KEY`. */
export function fieldText(field: CredentialField): string {
  if (field === 'authorization') return 'Authorization: Bearer KEY'
  return field === 'basic' ? 'the password of Authorization: Basic' : `${displayName(field)}: KEY`
}
