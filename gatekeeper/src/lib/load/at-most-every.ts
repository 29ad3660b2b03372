import { performance } from 'node:perf_hooks'

/**
 * Limits work that any client can trigger to once per interval: callers share a run that is under
 * way, and a caller that comes too soon after one gets no new run. `now` is in milliseconds.
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
