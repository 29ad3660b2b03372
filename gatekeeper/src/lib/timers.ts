/** Timers, injected where tests turn the time by hand. Each call returns the way to stop it. */
export type Timers = {
  readonly after: (delayMs: number, run: () => void) => () => void
  readonly every: (intervalMs: number, run: () => void) => () => void
}

/** The system's timers; none of them keeps the process alive. */
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
