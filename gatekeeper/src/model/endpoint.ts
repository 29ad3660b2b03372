import type { UsageForm } from './usage-form.ts'

/**
 * Who may call an endpoint (docs/endpoints.md): `open` every valid principal, and an anonymous one if
 * the service allows it; `read`, `use`, `manage` by role; `never` nobody.
 */
export type EndpointClass = 'open' | 'read' | 'use' | 'manage' | 'never'

/** The form of an error body that the client's library can read. */
export type Dialect = 'ollama' | 'openai' | 'gemini' | 'oauth' | 'widget' | 'chat' | 'bridge'

/**
 * How the body of a request is read before it is forwarded. The body of a `chat` or of the `widget`
 * is never forwarded as it came: a new one is built from its messages.
 */
export type BodyForm = 'none' | 'json' | 'chat' | 'widget' | 'multipart' | 'bytes'

/** How strict the prompt of a domain is: `guarded` allows less than `standard`. */
export type PromptLevel = 'standard' | 'guarded'

/**
 * Where the name of the model is: JSON members, a form field, a part of the path, or nowhere. If it
 * is in the path, a JSON body may name one too, and both count.
 */
export type ModelPlace =
  | { readonly in: 'none' }
  | { readonly in: 'body'; readonly members: readonly string[] }
  | { readonly in: 'form' }
  | { readonly in: 'path' }

/** A name that no key can contain: the value is not a string, and must not count as no name. */
export const nobodysModel = '\0'

/** How the answer comes: whole, line by line, as events, as raw bytes, or over a WebSocket. */
export type StreamForm = {
  readonly form: 'none' | 'ndjson' | 'sse' | 'bytes' | 'websocket'
  /** The member of the body that requests the stream; null if there is none. */
  readonly by: string | null
  /** Whether the answer streams if the member is missing. */
  readonly isDefault: boolean
}

/** One row of a kind's endpoint table, as matched by a request. */
export type Endpoint = {
  readonly method: string
  /** The row's pattern (`/v1/models/{model}`), never the path that a client sent. */
  readonly pattern: string
  readonly class: EndpointClass
  readonly dialect: Dialect
  /** Whether it has Anthropic's form, whose clients know other words for errors and limits. */
  readonly isAnthropic?: true
  readonly body: BodyForm
  readonly model: ModelPlace
  readonly stream: StreamForm
  /** Where the answer has the counts of used tokens; null if it has none. */
  readonly usage: UsageForm | null
  /** Whether the answer is a list of models, of which a caller sees its own only. */
  readonly listsModels: boolean
  /**
   * Paths of the members that bound the output; the first is the one to set. Empty if there are
   * none.
   */
  readonly output: readonly string[]
  /** The member without which `keep_alive: 0` only unloads the model; null if there is none. */
  readonly prompt: string | null
  readonly webSocket: boolean
  /** Whether the gatekeeper answers it itself, because the upstream has no such endpoint. */
  readonly isOwn?: true
  /**
   * Whether the admin process answers it: the gatekeeper admits the request and hands it over.
   */
  readonly handedOver?: true
  /**
   * Whether it reads credentials itself: those that it gets do not belong to a caller, and an API
   * key is not valid there. Its answer to pages of other origins is its own decision, too.
   */
  readonly readsCredentials?: true
  /**
   * The upstream's path, if it differs from the path that the client requests; without a query.
   */
  readonly upstreamPath?: string
  /** The query without which the answer does not come as events. */
  readonly eventsQuery?: string
  /** Whether it answers without a credential if its service has a visitor. */
  readonly isPublic?: true
  /** Which prompt the gatekeeper adds (kind `chat`). */
  readonly promptLevel?: PromptLevel
  /** Whether it is a public file, which the limits of a service's addresses do not count. */
  readonly isFile?: true
}
