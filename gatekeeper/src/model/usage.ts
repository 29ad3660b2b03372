/** The usage of one request, as reported by the provider or estimated. */
export type Usage = {
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  /** Integer micro-dollars; 0 where the model has no price. */
  readonly microUsd: number
  readonly isEstimated: boolean
  /** Whether more may have been used than was seen: then what was reserved counts if it is more. */
  readonly isAtLeast?: boolean
}

/** The usage of a request that never reached a model. */
export const noUsage: Usage = {
  ...{ model: null, inputTokens: 0, outputTokens: 0, microUsd: 0, isEstimated: false },
}

/** Tokens and integer micro-dollars. */
export type Charge = { readonly tokens: number; readonly microUsd: number }

/** The expected usage of a request, before it is forwarded. */
export type Estimate = {
  readonly model: string | null
  readonly inputTokens: number
  /** The output that it requests, or that is expected. */
  readonly outputTokens: number
  /** Must fit into every limit, or the request is refused. */
  readonly firm: Charge
  /** Also reserved if there is room: output without a requested number. */
  readonly hoped: Charge
}
