import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { afterUnreadBody } from './unread-body.ts'

/** A request whose body the test sends step by step. */
function aRequest(headers: Record<string, string>, complete = false, protocol = 'HTTP/1.1') {
  const stream = new PassThrough()
  return Object.assign(stream, {
    headers,
    headersDistinct: { 'x-gatekeeper-protocol': [protocol] },
    complete,
  }) as unknown as IncomingMessage & PassThrough
}

describe('a refusal is sent', () => {
  test.each([
    ['a request without a body', {}, true],
    ['one that is read already', { 'content-length': '5' }, true],
    ['a long body', { 'content-length': '65537' }, false],
    ['a body of unknown length', { 'transfer-encoding': 'chunked' }, false],
    ['a client that waits to be asked', { 'content-length': '5', expect: '100-continue' }, false],
  ] as const)('at once for %s', (_, headers, isComplete) => {
    const then = vi.fn()
    afterUnreadBody(aRequest(headers, isComplete), then)
    expect(then).toHaveBeenCalledTimes(1)
  })

  test('when a short body has arrived, and once', async () => {
    const then = vi.fn()
    const request = aRequest({ 'content-length': '5' })
    afterUnreadBody(request, then)
    request.write('abc')
    expect(then).not.toHaveBeenCalled()
    request.end('de')
    await vi.waitFor(() => expect(then).toHaveBeenCalledTimes(1))
    request.destroy()
    await new Promise((resolve) => setTimeout(resolve, 70))
    expect(then).toHaveBeenCalledTimes(1)
  })

  test('after a moment when the body does not arrive', async () => {
    const then = vi.fn()
    afterUnreadBody(aRequest({ 'content-length': '5' }), then)
    expect(then).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(then).toHaveBeenCalledTimes(1))
  })

  test('when the client disconnects', async () => {
    const then = vi.fn()
    const request = aRequest({ 'content-length': '5' })
    afterUnreadBody(request, then)
    request.destroy()
    await vi.waitFor(() => expect(then).toHaveBeenCalledTimes(1))
  })
})

describe('over HTTP/2 a refusal waits for a body', () => {
  const over2 = (headers: Record<string, string>) => aRequest(headers, false, 'HTTP/2.0')
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Sends a chunk every 100 ms for so long; the time at which the refusal goes out, or null. */
  async function timeOfRefusal(chunkBytes: number, sendMs: number): Promise<number | null> {
    const startedAt = performance.now()
    let at: number | null = null
    const request = over2({ 'transfer-encoding': 'chunked' })
    afterUnreadBody(request, () => {
      at = performance.now() - startedAt
    })
    for (let ms = 0; ms < sendMs && at === null; ms += 100) {
      request.write(Buffer.alloc(chunkBytes))
      await vi.advanceTimersByTimeAsync(100)
    }
    return at
  }

  test('of any length that arrives at a good pace, to its end and once', async () => {
    const then = vi.fn()
    const request = over2({ 'content-length': '40000000' })
    afterUnreadBody(request, then)
    for (let turn = 0; turn < 80; turn++) {
      request.write(Buffer.alloc(500_000))
      await vi.advanceTimersByTimeAsync(200)
      expect(then).not.toHaveBeenCalled()
    }
    request.end()
    await vi.advanceTimersByTimeAsync(1)
    expect(then).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(then).toHaveBeenCalledTimes(1)
  })

  test('that trickles for five seconds and no longer', async () => {
    const at = await timeOfRefusal(1, 60_000)
    expect(at).toBeGreaterThanOrEqual(4_900)
    expect(at).toBeLessThan(5_300)
  })

  test('that never ends for 128 MiB and no longer, however fast it arrives', async () => {
    const at = await timeOfRefusal(16 * 1024 * 1024, 60_000)
    expect(at).toBeLessThan(1_100)
  })

  test('that pauses for a second and no longer', async () => {
    const then = vi.fn()
    const request = over2({ 'content-length': '5' })
    afterUnreadBody(request, then)
    request.write('a')
    await vi.advanceTimersByTimeAsync(900)
    expect(then).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(300)
    expect(then).toHaveBeenCalledTimes(1)
  })

  test('but not from a client that waits for 100 Continue', () => {
    const then = vi.fn()
    afterUnreadBody(over2({ 'content-length': '5', expect: '100-continue' }), then)
    expect(then).toHaveBeenCalledTimes(1)
  })
})
