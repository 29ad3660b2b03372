import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { afterUnreadBody } from './unread-body.ts'

/** A request whose body the test sends by hand. */
function aRequest(headers: Record<string, string>, complete = false) {
  const stream = new PassThrough()
  return Object.assign(stream, {
    headers,
    headersDistinct: {},
    complete,
  }) as unknown as IncomingMessage & PassThrough
}

describe('a refusal goes out', () => {
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

  test('when a short body has come, and once', async () => {
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

  test('after a moment where the body does not come', async () => {
    const then = vi.fn()
    afterUnreadBody(aRequest({ 'content-length': '5' }), then)
    expect(then).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(then).toHaveBeenCalledTimes(1))
  })

  test('where the client breaks off', async () => {
    const then = vi.fn()
    const request = aRequest({ 'content-length': '5' })
    afterUnreadBody(request, then)
    request.destroy()
    await vi.waitFor(() => expect(then).toHaveBeenCalledTimes(1))
  })
})
