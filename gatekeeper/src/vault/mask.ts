const charsMin = 20

/** Returns what a person may see of a key: its first 3 and last 4 characters, if it is long enough. */
export function maskKey(key: string): string {
  return key.length < charsMin ? '…' : `${key.slice(0, 3)}…${key.slice(-4)}`
}
