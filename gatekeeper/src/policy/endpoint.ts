/**
 * What an endpoint needs of its caller (DESIGN §2): `open` any valid principal, or anonymous if the
 * service says so; `read`, `use`, `manage` by role; `never` for nobody.
 */
export type EndpointClass = 'open' | 'read' | 'use' | 'manage' | 'never'

/** The form of an error body that the client's library can read. */
export type Dialect = 'ollama' | 'openai' | 'oauth' | 'widget'

/** How the body of a request is read before it is sent on. */
export type BodyForm = 'none' | 'json' | 'multipart' | 'bytes'

/** Where the model's name stands: JSON members, a form field, a path segment, or nowhere. */
export type ModelPlace =
  | { readonly in: 'none' }
  | { readonly in: 'body'; readonly members: readonly string[] }
  | { readonly in: 'form' }
  | { readonly in: 'path' }

/** One row of a kind's endpoint table, as a request met it. */
export type Endpoint = {
  readonly method: string
  /** The row's pattern (`/v1/models/:model`), never the path that a client sent. */
  readonly pattern: string
  readonly class: EndpointClass
  readonly dialect: Dialect
  readonly body: BodyForm
  readonly model: ModelPlace
  readonly webSocket: boolean
}
