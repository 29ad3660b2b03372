import { expect } from 'vitest'
import { waitUntil } from '../../support/child.ts'
import { type DecisionLine, decisionsOf } from '../../support/decisions.ts'
import type { Gateway } from './gateway.ts'

/** One public prefix of the gate, as a client library's base URL ends in it. */
export type EntryPoint = {
  readonly name: string
  /** The gateway is opened before the suite: this returns it afterwards. */
  readonly gateway: () => Gateway
  readonly path: string
  readonly point: 'relay' | 'check'
  readonly model: string
  /**
   * Called while an answer is being computed; returns whether the server has stopped to compute it,
   * by the server's own account.
   */
  readonly watchServer: () => () => Promise<boolean>
  /** How long the server may keep computing after its connection is closed. */
  readonly restsWithinMs: { readonly streamed: number; readonly unstreamed: number }
}

export const messages = [{ role: 'user' as const, content: 'hello you' }]
/** Enough for a stream to be seen as one. */
export const streamedTokens = 1_000
/** Takes each server more than three seconds, so that no answer ends by itself in a test. */
export const longTokens = 3_500
export const fewTokens = 16
const closedWithinMs = 5_000

/**
 * Passes when every sign of an abort that happens now has appeared: within seconds the connection
 * to the server closed and the decision logged as aborted, then the server at rest. The limit is
 * for a busy machine: an answer that ends by itself is never logged as aborted.
 */
export async function expectServerToStop(
  entryPoint: EntryPoint,
  abort: () => void,
  answer: keyof EntryPoint['restsWithinMs'] = 'streamed',
): Promise<void> {
  const hasStopped = entryPoint.watchServer()
  expect(await hasStopped(), 'the server computes until the abort').toBe(false)
  const { tap, stack } = entryPoint.gateway()
  const linesBefore = decisionsOf(stack).length
  const abortedAt = performance.now()
  abort()
  const within = (limitMs: number, isDone: () => boolean | Promise<boolean>, what: string) =>
    waitUntil(isDone, {
      limitMs: limitMs - (performance.now() - abortedAt),
      describe: () => `${what}\n${stack.gatekeeper.output().slice(-2_000)}`,
    })
  await within(closedWithinMs, tap.isNewestClosed, 'the connection to the server is closed')
  if (entryPoint.point === 'relay') {
    // Not just the next line: that may be of the request before, which a busy machine logs late.
    const isLogged = () => decisionsOf(stack).slice(linesBefore).some(isAborted)
    await within(closedWithinMs, isLogged, 'the decision is logged, as aborted')
  }
  await within(entryPoint.restsWithinMs[answer], hasStopped, 'the server computes no more')
}

function isAborted(line: DecisionLine): boolean {
  return line.outcome === 'allow' && line.point === 'relay' && line['ended'] === 'aborted'
}

/**
 * Asks for a stream and reads it whole; returns its parts and when each came, in ms after asking.
 */
export async function readTimed<Part>(
  ask: () => PromiseLike<AsyncIterable<Part>>,
): Promise<{ parts: Part[]; times: number[] }> {
  const askedAt = performance.now()
  const parts: Part[] = []
  const times: number[] = []
  for await (const part of await ask()) {
    parts.push(part)
    times.push(performance.now() - askedAt)
  }
  return { parts, times }
}

/**
 * Passes where an answer came in many parts, at several instants. That the first part does not wait
 * for the last is shown by every abort in mid-stream, where the server still computes when it is
 * there: on a busy machine that is surer than a clock.
 */
export function expectSpread(times: readonly number[]): void {
  expect(times.length).toBeGreaterThan(10)
  expect(new Set(times.map((time) => Math.round(time / 10))).size).toBeGreaterThan(2)
}
