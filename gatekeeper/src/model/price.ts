/** Micro-dollars per million tokens, integers: 2.50 USD is 2,500,000. */
type Rates = {
  readonly inputMicroUsdPerMillion: number
  readonly outputMicroUsdPerMillion: number
}

/**
 * The price of a model. If a request has more input tokens than `long` says, its rates apply to all
 * of the request.
 */
export type Price = Rates & { readonly long?: Rates & { readonly aboveInputTokens: number } }

/** One row of a price list: a model's name, in which `*` stands for any text. */
export type PriceRow = { readonly model: string; readonly price: Price }
