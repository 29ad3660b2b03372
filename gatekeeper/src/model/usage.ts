/** What one request used, as the provider says it or as it was estimated. */
export type Usage = {
  readonly model: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  /** Integer micro-dollars; 0 where the model has no price. */
  readonly microUsd: number
  readonly isEstimated: boolean
}

/** What never reached a model. */
export const noUsage: Usage = {
  ...{ model: null, inputTokens: 0, outputTokens: 0, microUsd: 0, isEstimated: false },
}

/** Tokens and integer micro-dollars. */
export type Charge = { readonly tokens: number; readonly microUsd: number }

/** What a request is expected to use, before it is sent on. */
export type Estimate = {
  readonly model: string | null
  readonly inputTokens: number
  /** What it asks for, or is expected to give. */
  readonly outputTokens: number
  /** Must fit into every limit, or the request is refused. */
  readonly firm: Charge
  /** Held too as far as there is room: output that nobody asked for in numbers. */
  readonly hoped: Charge
}
