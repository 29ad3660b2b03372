/** The most that a single request may ask of a model server; null is no cap. */
export type Caps = {
  /** Longest time that a model stays loaded after the request (`keep_alive`). */
  readonly keepAliveSeconds: number | null
  /** Largest context (`num_ctx`). */
  readonly contextTokens: number | null
  /** Most output (`num_predict`, `max_tokens`). */
  readonly outputTokens: number | null
  /** Largest image, in bytes of the decoded image, not of base64. */
  readonly imageBytes: number | null
}

export const capNames = ['keepAliveSeconds', 'contextTokens', 'outputTokens', 'imageBytes'] as const

export const noCaps: Caps = {
  keepAliveSeconds: null,
  contextTokens: null,
  outputTokens: null,
  imageBytes: null,
}

/** Returns the tighter of both, member by member. */
export function narrowCaps(one: Caps, other: Caps): Caps {
  if (one === noCaps) return other
  if (other === noCaps) return one
  return {
    keepAliveSeconds: least(one.keepAliveSeconds, other.keepAliveSeconds),
    contextTokens: least(one.contextTokens, other.contextTokens),
    outputTokens: least(one.outputTokens, other.outputTokens),
    imageBytes: least(one.imageBytes, other.imageBytes),
  }
}

function least(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}
