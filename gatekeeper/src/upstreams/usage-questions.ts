/**
 * Remembers which upstreams take `stream_options`, by which we ask for the usage of a stream, and
 * which refuse every request that has it (Mistral, older versions of Azure). A router such as LiteLLM
 * has both behind it, so each model of a service counts for itself.
 */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'

/** A body that asks for the usage, although its client did not. */
export type UsageQuestion = {
  readonly model: string
  /** The body as it is without that. */
  readonly bytesWithout: () => Buffer
}

export type UsageQuestions = {
  readonly of: (service: string, model: string) => 'unknown' | 'taken' | 'refused'
  readonly took: (service: string, model: string) => void
  readonly refused: (service: string, model: string) => void
}

/** An unlucky refusal must not make the usage of a model an estimate for ever: it is asked again. */
const refusedMs = 3_600_000

/** Statuses by which an upstream refuses a member that it does not know. */
export const questionRefusals: readonly number[] = [400, 422]

/**
 * Whoever took the question once is never held to refuse it: otherwise a request that fails with it
 * by its making, and not without it, would turn off the exact count of everybody's streams.
 */
export function createUsageQuestions({
  clock,
  max = 1_000,
}: {
  readonly clock: Clock
  readonly max?: number
}): UsageQuestions {
  const known = new LRUCache<string, { readonly refusedAt: number | null }>({ max })
  // A name may be as long as its caller likes.
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
