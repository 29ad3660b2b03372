/** What is special about a company that runs models and is called with a key of an account there. */
export type Provider = {
  /** Its name as people write it. */
  readonly title: string
  /** Its API with the path of the version: paths of endpoints are relative to it. */
  readonly base: string
  /** Paths of older or plainer versions that its libraries also ask for; `base` has all they have. */
  readonly otherVersions?: readonly string[]
  /** How the names of its settings begin: `OPENAI` for `OPENAI_API_KEY` and `OPENAI_BASE_URL`. */
  readonly variable: string
  /** Other beginnings that people know. */
  readonly otherVariables?: readonly string[]
  /** Its name in the built-in table of prices, if that is not its own. */
  readonly pricedAs?: string
  /** Its chat, for requests that name no endpoint; usual: `/chat/completions`. */
  readonly chat?: ChatPlace
  /** The model of a chat whose operator names none; left out if there is no usual one. */
  readonly usualModel?: string
  /** The member that bounds the output of a chat; usual: `max_tokens`. */
  readonly outputMember?: string
  /** The field in which it takes the key. */
  readonly keyField: 'authorization' | 'x-api-key' | 'x-goog-api-key'
  /** Fields that it needs, with the value for clients that leave them out. */
  readonly usualFields?: Readonly<Record<string, string>>
}

/**
 * Paths relative to `base`. `{model}` stands for the member of the body, which is then taken out,
 * as is `stream` if streams have a path of their own.
 */
export type ChatPlace = { readonly path: string; readonly streamPath?: string }

/** Returns the field that shows a provider its key. */
export function keyFieldsOf(
  { keyField }: Pick<Provider, 'keyField'>,
  key: string,
): Readonly<Record<string, string>> {
  return { [keyField]: keyField === 'authorization' ? `Bearer ${key}` : key }
}
