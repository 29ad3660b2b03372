/**
 * Remembers which upstreams accept `stream_options`, which requests the usage of a stream, and
 * which refuse every request with it (Mistral, older versions of Azure). A router such as LiteLLM
 * has both kinds behind it, so each model of a service is remembered separately.
 */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'

/** A body that requests the usage although its client did not. */
export type UsageQuestion = {
  readonly model: string
  /** Returns the body without that option. */
  readonly bytesWithout: () => Buffer
}

export type UsageQuestions = {
  readonly of: (service: string, model: string) => 'unknown' | 'taken' | 'refused'
  readonly took: (service: string, model: string) => void
  readonly refused: (service: string, model: string) => void
}

/**
 * One accidental refusal must not make the usage of a model an estimate forever: the option is
 * tried again.
 */
const refusedMs = 3_600_000

/** Statuses by which an upstream refuses an unknown member. */
export const questionRefusals: readonly number[] = [400, 422]

/**
 * An upstream that accepted the option once never counts as refusing it: otherwise one request that
 * fails only with the option could disable the exact count of all streams.
 */
export function createUsageQuestions({
  clock,
  max = 1_000,
}: {
  readonly clock: Clock
  readonly max?: number
}): UsageQuestions {
  const known = new LRUCache<string, { readonly refusedAt: number | null }>({ max })
  // Model names from callers have any length.
  const keyOf = (service: string, model: string) =>
    hash('sha256', JSON.stringify([service, model]), 'base64')
  return {
    of: (service, model) => {
      const one = known.get(keyOf(service, model))
      if (one === undefined) return 'unknown'
      if (one.refusedAt === null) return 'taken'
      return clock() - one.refusedAt < refusedMs ? 'refused' : 'unknown'
    },
    took: (service, model) => void known.set(keyOf(service, model), { refusedAt: null }),
    refused: (service, model) => {
      const key = keyOf(service, model)
      if (known.get(key)?.refusedAt !== null) known.set(key, { refusedAt: clock() })
    },
  }
}
