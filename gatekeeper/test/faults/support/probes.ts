/**
 * Callers who go on asking while something breaks: one with a good key and one with a revoked one,
 * at both points. What each is answered is kept, and judged at the end.
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
  /** Null where there was no answer at all. */
  readonly status: number | null
  readonly requestId: string
  readonly isWhole: boolean
  readonly tookMs: number
}

export type Probes = {
  /** Ends them and returns everything that they saw. */
  readonly stop: () => Promise<readonly Seen[]>
  /** Resolves when so many good requests in a row, of both points, were answered with 200. */
  readonly recovered: () => Promise<void>
}

const pauseMs = 25
const inRow = 6

type Ask = (stack: Stack, key: string) => Promise<Answer>
const chat: Ask = (stack, key) => {
  const messages = [{ role: 'user', content: 'hello' }]
  return stack.send('/api/chat', { key, json: { model: demoModel, messages } })
}
const check: Ask = (stack, key) => stack.send('/chat/api/tags', { key })

export function startProbes(stack: Stack): Probes {
  const seen: Seen[] = []
  let isStopped = false
  const goOn = async (by: Seen['by'], ask: Ask) => {
    while (!isStopped) {
      const startedAt = performance.now()
      const answer = await ask(stack, by === 'good' ? ada.key : revoked.key).catch(() => null)
      seen.push({
        ...{ by, status: answer?.status ?? null, tookMs: performance.now() - startedAt },
        requestId: String(answer?.headers['x-request-id'] ?? ''),
        isWhole: answer?.text.includes('"done":true') ?? false,
      })
      await sleep(pauseMs)
    }
  }
  const all = [chat, check].flatMap((ask) => [goOn('good', ask), goOn('revoked', ask)])
  return {
    stop: async () => {
      isStopped = true
      await Promise.all(all)
      return seen
    },
    recovered: async () => {
      const from = seen.length
      const isWell = () => {
        const good = seen.slice(from).filter(({ by }) => by === 'good')
        return good.length >= inRow && good.slice(-inRow).every(({ status }) => status === 200)
      }
      await waitUntil(isWell, {
        limitMs: 45_000,
        describe: () => JSON.stringify(seen.slice(-12)) + stack.caddy.output().slice(-2_000),
      })
    },
  }
}

/** What has to be true of whatever broke: nobody let through, nothing lost, nobody kept waiting. */
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
  // Whoever has a whole answer finds it in the books, once.
  const whole = seen.filter(({ isWhole }) => isWhole).map(({ requestId }) => requestId)
  expect(whole.length).toBeGreaterThan(0)
  const records = await readRecords(join(stack.stateDir, 'usage.db'))
  const answered = records.filter(({ outcome }) => outcome === 'answered')
  const counts = new Map<string, number>()
  for (const { requestId } of answered) counts.set(requestId, (counts.get(requestId) ?? 0) + 1)
  expect(whole.filter((requestId) => counts.get(requestId) !== 1)).toEqual([])
  expect(new Set(records.map(({ requestId }) => requestId)).size).toBe(records.length)
}
