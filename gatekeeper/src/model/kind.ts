import type { CarrierUse } from './credential-fields.ts'
import type { Dialect, Endpoint } from './endpoint.ts'
import type { Provider } from './provider.ts'

/**
 * What services of one kind have in common: their endpoints, and how they read a request. A member
 * that is left out has the usual value. `kinds/` has one folder for each kind.
 */
export type Kind = {
  /** The word for it in `gatekeeper.yaml`. */
  readonly name: string
  /** Its heading in docs/endpoints.md. */
  readonly title: string
  /**
   * Its endpoints: what is not listed does not exist. Null is an opaque kind: the method decides, on
   * every path, and no body is read.
   */
  readonly rows: readonly Endpoint[] | null
  /** Returns the form of the errors at a path that no row lists. Usual: `openai`. */
  readonly dialectAt?: (endpointPath: string) => Dialect
  /** Usual: a name is what it is, and its lists hold no models that run at its vendor's. */
  readonly modelNames?: ModelNames | undefined
  /** Whether one text or list in a request may name several models. */
  readonly takesModelLists?: true
  /** Whether a query names the model. The query then goes no further. */
  readonly takesModelInQuery?: true
  /** What callers may not set in a body or form. Usual: nothing. */
  readonly refusedMembers?: RefusedMembers
  /**
   * Members, in lower case, whose text is the id of an object of the account at the provider: a file,
   * a store, a container, a stored prompt. All our callers are one customer there. `prompt.id` is
   * `id` within `prompt`.
   */
  readonly accountMembers?: ReadonlySet<string>
  /** Whether a form can redirect the request, so that only a point that reads it may let it pass. */
  readonly hasRiskyForms?: true
  /** Whether letter case makes no difference in the names of members (Go). */
  readonly foldsNames?: true
  /** Whether only the first of several members that bound the output counts. */
  readonly readsFirstBound?: true
  /** Whether models of other vendors are sold through it, at the prices of the built-in table. */
  readonly sellsModels?: true | undefined
  /** A path that answers a GET only with the right credential. Left out if none is known. */
  readonly guardedPath?: string | undefined
  /** Whether connections are used again unless the service says otherwise. */
  readonly keepsConnections?: true
  /** How many requests a service works on at a time unless it says otherwise. Usual: unlimited. */
  readonly slots?: number
  /**
   * Whether it is the gatekeeper itself: no limit of use counts there, and everybody may call it
   * unless it is granted `byNameOnly`.
   */
  readonly isOwn?: true
  /** Whether a caller needs it by its own name: `*` among its services does not include it. */
  readonly byNameOnly?: true
  /** What it takes of the carriers that are not for all routes. */
  readonly furtherCarriers?: CarrierUse
  /** Of a company's API, which is called with a key of an account there. */
  readonly provider?: Provider
  /** Whether nothing of a target is sent on. */
  readonly keepsTarget?: true
}

/** How a kind of service understands the names of models. */
export type ModelNames = {
  /** Returns the one form of a model's many names. */
  readonly normalize: (name: string) => string
  /** Returns the one form of a pattern: a name in which `*` stands for any text. */
  readonly normalizePattern: (pattern: string) => string
  /** Whether a model, by its one form, runs at the vendor's, who then gets the prompts. */
  readonly isCloud: (name: string) => boolean
}

/** Members by which a caller could change where a request goes, or the requests of others. */
export type RefusedMembers = {
  /** Whether callers may not set this top-level member. `folded` is its case-folded name. */
  readonly isRefused: (folded: string) => boolean
  /** Members in which the upstream reads what it lets callers set a second time. Usual: none. */
  readonly nestedIn?: readonly string[]
  /** Whether callers may not set this member of one of those. Usual: as at the top. */
  readonly isRefusedNested?: (folded: string) => boolean
  /** What it could do, for the answer: `it could change …`. */
  readonly why: string
}

/** Whether no endpoint is known of it: neither bodies nor models are seen there. */
export function isOpaque({ rows }: Kind): boolean {
  return rows === null
}
