/**
 * Callers that keep sending while something breaks: one with a valid key and one with a revoked
 * one, at both points. All answers are kept, and checked at the end.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { demoModel } from '../../../../scripts/demo/demo-model.ts'
import { waitUntil } from '../../support/child.ts'
import { makeKey } from '../../support/keys.ts'
import { readRecords } from '../../support/read-records.ts'
import type { Answer, Stack } from '../../support/stack.ts'

export const ada = makeKey({ user: 'ada' })
export const revoked = makeKey({ user: 'revoked', disabled: true })

type Seen = {
  readonly by: 'good' | 'revoked'
  readonly at: Point
  /** Null if there was no answer. */
  readonly status: number | null
  readonly requestId: string
  readonly isWhole: boolean
  readonly tookMs: number
}

export type Probes = {
  /** Ends them and returns all their answers. */
  readonly stop: () => Promise<readonly Seen[]>
  /**
   * Resolves when this many valid requests in a row were answered with 200, at each of the points.
   */
  readonly recovered: () => Promise<void>
}

const pauseMs = 25
const inRow = 3

type Point = 'relay' | 'check'
const points: readonly Point[] = ['relay', 'check']
const ask: Readonly<Record<Point, (stack: Stack, key: string) => Promise<Answer>>> = {
  relay: (stack, key) => {
    const messages = [{ role: 'user', content: 'hello' }]
    return stack.send('/api/chat', { key, json: { model: demoModel, messages } })
  },
  check: (stack, key) => stack.send('/chat/api/tags', { key }),
}

export function startProbes(stack: Stack): Probes {
  const seen: Seen[] = []
  let isStopped = false
  const goOn = async (by: Seen['by'], at: Point) => {
    while (!isStopped) {
      const startedAt = performance.now()
      const answer = await ask[at](stack, by === 'good' ? ada.key : revoked.key).catch(() => null)
      seen.push({
        ...{ by, at, status: answer?.status ?? null, tookMs: performance.now() - startedAt },
        requestId: String(answer?.headers['x-request-id'] ?? ''),
        isWhole: answer?.text.includes('"done":true') ?? false,
      })
      await sleep(pauseMs)
    }
  }
  const all = points.flatMap((at) => [goOn('good', at), goOn('revoked', at)])
  return {
    stop: async () => {
      isStopped = true
      await Promise.all(all)
      return seen
    },
    recovered: async () => {
      const from = seen.length
      const good = (point: Point) =>
        seen.slice(from).filter(({ by, at }) => by === 'good' && at === point)
      // Each by itself: a point that hangs adds no answers, and must not be outvoted.
      const isWell = (point: Point) => {
        const last = good(point).slice(-inRow)
        return last.length === inRow && last.every(({ status }) => status === 200)
      }
      await waitUntil(() => points.every(isWell), {
        limitMs: 45_000,
        describe: () => JSON.stringify(seen.slice(-12)) + stack.caddy.output().slice(-2_000),
      })
    },
  }
}

/** The promises during any fault: no bad key admitted, no answer lost, no caller kept waiting. */
export async function expectNoHarm(stack: Stack, seen: readonly Seen[]): Promise<void> {
  const statusesOf = (by: Seen['by']) =>
    new Set(seen.filter((one) => one.by === by).map(({ status }) => status))
  expect(
    [...statusesOf('revoked')].filter((status) => ![null, 401, 502, 503, 504].includes(status)),
  ).toEqual([])
  expect(
    [...statusesOf('good')].filter((status) => ![null, 200, 502, 503, 504].includes(status)),
  ).toEqual([])
  expect(statusesOf('revoked')).toContain(401)
  // Every complete answer is in the ledger, once.
  const whole = seen.filter(({ isWhole }) => isWhole).map(({ requestId }) => requestId)
  expect(whole.length).toBeGreaterThan(0)
  const records = await readRecords(join(stack.stateDir, 'usage.db'))
  const answered = records.filter(({ outcome }) => outcome === 'answered')
  const counts = new Map<string, number>()
  for (const { requestId } of answered) counts.set(requestId, (counts.get(requestId) ?? 0) + 1)
  expect(whole.filter((requestId) => counts.get(requestId) !== 1)).toEqual([])
  expect(new Set(records.map(({ requestId }) => requestId)).size).toBe(records.length)
}
