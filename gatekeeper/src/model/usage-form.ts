/** Where a member stands in JSON: names from the outside in. Elements of arrays stand for the array. */
export type Place = readonly string[]

/** What a number counts. Figures of one side are added; of one figure told twice the larger counts. */
export type Figure =
  | 'input'
  | 'input-written'
  | 'input-read'
  | 'input-tools'
  | 'output'
  | 'output-thoughts'
  // Parts of what others count, with prices of their own.
  | 'within-read'
  | 'within-written'
  | 'within-hour'

/** Where answers of one form tell what was used, whole or streamed. */
export type UsageForm = {
  /** Its name in docs/endpoints.md. */
  readonly name: string
  readonly figures: readonly (readonly [place: Place, figure: Figure])[]
  readonly models: readonly Place[]
  /** Where the id is under which the upstream keeps the answer; left out if it keeps none. */
  readonly ids?: readonly Place[]
  /** Where the ids of its items are, under which the upstream keeps those. */
  readonly items?: readonly Place[]
  /** Where the provider tells its own price, in US dollars; left out if its word is not taken. */
  readonly cost?: Place
  /** A scalar that says that nothing more of interest follows. */
  readonly ending: { readonly place: Place; readonly values: readonly string[] } | null
  /** Whether a stream tells it only if it is asked to (`stream_options`). */
  readonly isAskedFor?: true
}
