/** Micro-dollars per million tokens, integers: 2.50 USD is 2,500,000. */
export type Rates = {
  readonly inputMicroUsdPerMillion: number
  readonly outputMicroUsdPerMillion: number
  /** Input that the provider reads from its cache; without a price of its own it is usual input. */
  readonly cacheReadMicroUsdPerMillion?: number
  /** Input that it writes into its cache, for minutes. */
  readonly cacheWriteMicroUsdPerMillion?: number
  /** The same for an hour. */
  readonly cacheHourMicroUsdPerMillion?: number
  /** Reasoning that is counted beside the output; without a price of its own it is usual output. */
  readonly reasoningMicroUsdPerMillion?: number
}

/** Parts of the tokens of a request that may have prices of their own; all are within its sums. */
export type TokenParts = {
  readonly cacheRead: number
  /** Including those for an hour. */
  readonly cacheWritten: number
  readonly cachedForHour: number
  readonly reasoning: number
}

export const noParts: TokenParts = {
  ...{ cacheRead: 0, cacheWritten: 0, cachedForHour: 0, reasoning: 0 },
}

/**
 * The price of a model. If a request has more input tokens than `long` says, its rates apply to all
 * of the request.
 */
export type Price = Rates & { readonly long?: Rates & { readonly aboveInputTokens: number } }

/** One row of a price list: a model's name, in which `*` stands for any text. */
export type PriceRow = { readonly model: string; readonly price: Price }
