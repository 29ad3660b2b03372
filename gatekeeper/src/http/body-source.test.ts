import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createByteBudget } from '../lib/load/byte-budget.ts'
import { createBodySource } from './body-source.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Reads a body of which a first part arrives, as a stranger's. */
function begin(bytesMax: number) {
  const request = Object.assign(new PassThrough(), { headers: {} })
  const response = new PassThrough() as unknown as ServerResponse
  const budget = createByteBudget(1_000_000)
  const source = createBodySource(request as unknown as IncomingMessage, response, budget)
  const read = source.read(bytesMax, 'anonymous')
  request.write('{"userId":"')
  return { read, request, response, budget }
}

test('a small body that stands still does not keep the bytes of others', async () => {
  const { read, response, budget } = begin(64 * 1024)
  await vi.advanceTimersByTimeAsync(9_999)
  expect(budget.used()).toBeGreaterThan(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(await read).toBe('aborted')
  response.destroy()
  await vi.waitFor(() => expect(budget.used()).toBe(0))
})

test('a large body takes the time that its client needs, and a small one that is here is whole', async () => {
  for (const bytesMax of [32 * 1024 * 1024, 64 * 1024]) {
    const { read, request } = begin(bytesMax)
    if (bytesMax > 64 * 1024) await vi.advanceTimersByTimeAsync(60_000)
    request.end('ada"}')
    expect(String(await read)).toBe('{"userId":"ada"}')
  }
})
