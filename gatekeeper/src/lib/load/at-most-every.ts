import { performance } from 'node:perf_hooks'

/**
 * Makes work that strangers can ask for happen once per interval at most: whoever asks while it runs
 * shares it, and whoever asks too soon afterwards gets nothing new. `now` is in milliseconds.
 */
export function atMostEvery(
  intervalMs: number,
  work: () => Promise<void>,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let running: Promise<void> | null = null
  let endedAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (running === null && now() - endedAt < intervalMs) return
    running ??= work().finally(() => {
      running = null
      endedAt = now()
    })
    await running
  }
}
