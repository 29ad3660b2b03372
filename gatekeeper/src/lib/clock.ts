/** Returns the time in epoch milliseconds. Injected, so that tests need no sleeping. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
