import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeListener } from '../lib/net/listening.ts'

export type Draining = {
  /** The listeners. They keep accepting connections, so that new requests are answered with 503. */
  readonly servers: readonly Server[]
  /** Returns the number of requests whose answer is not complete. */
  readonly running: () => number
  /** Cuts all answers and settles their requests. */
  readonly cut: () => void
}

/** The part of the time limit that is reserved for cutting and recording. */
const cutMs = 2_000
const pollMs = 20

/**
 * Ends all requests within `boundMs` plus half a second: answers may continue until two seconds
 * before the limit and are then cut, so that no client takes a partial answer for a complete one.
 * The caller must already refuse new requests.
 */
export async function drainListeners(
  { servers, running, cut }: Draining,
  boundMs: number,
): Promise<void> {
  await waitForNone(running, boundMs - cutMs)
  cut()
  await waitForNone(running, cutMs / 2)
  await Promise.all(servers.map((server) => closeListener(server, cutMs / 2)))
}

async function waitForNone(running: () => number, limitMs: number): Promise<void> {
  const endAt = performance.now() + limitMs
  while (running() > 0 && performance.now() < endAt) await sleep(pollMs)
}
