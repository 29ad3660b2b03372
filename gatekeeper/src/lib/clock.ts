/** Where the time comes from: epoch milliseconds. Injected, so that tests need no sleeping. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
