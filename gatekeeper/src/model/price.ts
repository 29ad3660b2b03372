/** Micro-dollars per million tokens, integers: 2.50 USD is 2,500,000. */
type Rates = {
  readonly inputMicroUsdPerMillion: number
  readonly outputMicroUsdPerMillion: number
}

/** What a model costs. With more tokens in than `long` says, all of a request costs that instead. */
export type Price = Rates & { readonly long?: Rates & { readonly aboveInputTokens: number } }

/** One row of a price list: a model's name, in which `*` stands for any text. */
export type PriceRow = { readonly model: string; readonly price: Price }
