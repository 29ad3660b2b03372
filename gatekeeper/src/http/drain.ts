import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeListener } from './listeners.ts'

export type Draining = {
  /** Where requests come in. They go on accepting: whoever comes now is told so, with a 503. */
  readonly servers: readonly Server[]
  /** Requests with an answer under way. */
  readonly running: () => number
  /** Breaks off all of them, and settles each. */
  readonly cut: () => void
}

/** Of the bound, what is kept for breaking off and recording. */
const cutMs = 2_000
const pollMs = 20

/**
 * Ends what is under way, in `boundMs` and half a second at most: answers get all of it but the last
 * two seconds, then they are broken off, so that half of one cannot pass for a whole one. Refusing
 * new requests is the caller's part, before.
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
