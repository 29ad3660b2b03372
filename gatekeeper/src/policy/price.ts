/** Micro-dollars per million tokens, integers: 2.50 USD is 2,500,000. */
export type Price = {
  readonly inputMicroUsdPerMillion: number
  readonly outputMicroUsdPerMillion: number
}

/** One row of a price list: a model's name, in which `*` stands for any text. */
export type PriceRow = { readonly model: string; readonly price: Price }
