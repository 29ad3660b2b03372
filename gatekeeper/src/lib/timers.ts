/**
 * Timers, injected so that tests can control the time. Each call returns a function that stops it.
 */
export type Timers = {
  readonly after: (delayMs: number, run: () => void) => () => void
  readonly every: (intervalMs: number, run: () => void) => () => void
}

/** The system's timers; they do not keep the process alive. */
export const systemTimers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timer)
  },
  every: (intervalMs, run) => {
    const timer = setInterval(run, intervalMs).unref()
    return () => clearInterval(timer)
  },
}
