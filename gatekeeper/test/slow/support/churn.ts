import type { ServerResponse } from 'node:http'

/**
 * Closes the connection of `share` of the answers (0 to 1), without announcing it: this
 * makes the other side dial while it still counts on its idle connections. Returns whether it will.
 */
export function churn(response: ServerResponse, share: number): boolean {
  const isLast = Math.random() < share
  const { socket } = response
  if (isLast) response.once('finish', () => socket?.end())
  return isLast
}
