import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from './faults.ts'

let upstream: FaultyUpstream
beforeAll(async () => {
  upstream = await startFaultyUpstream({ pauseMs: 1 })
})
afterAll(async () => {
  await upstream.close()
})
beforeEach(() => upstream.reset())

const generate = (init: RequestInit = {}) =>
  fetch(`${upstream.url}/api/generate`, {
    method: 'POST',
    body: '{"model":"demo","prompt":"x"}',
    ...init,
  })

describe('the faulty upstream', () => {
  it('dies in the middle of a stream, which is no abort of the client', async () => {
    upstream.behave({ dieAfterParts: 3 })
    const response = await generate()
    const lines: Uint8Array[] = []
    const read = async () => {
      for await (const part of response.body ?? []) lines.push(part)
    }
    await expect(read()).rejects.toThrow()
    expect(Buffer.concat(lines).toString().trim().split('\n')).toHaveLength(3)
    expect(upstream.aborted).toBe(0)
  })

  it('falls silent in the middle of a stream until the client goes', async () => {
    upstream.behave({ haltAfterParts: 2 })
    const abort = new AbortController()
    const reader = (await generate({ signal: abort.signal })).body?.getReader()
    await reader?.read()
    abort.abort()
    await vi.waitFor(() => expect(upstream.aborted).toBe(1))
  })

  it('never answers, and notices that the client gave up', async () => {
    upstream.behave({ neverAnswer: true })
    await expect(generate({ signal: AbortSignal.timeout(50) })).rejects.toThrow()
    await vi.waitFor(() => expect(upstream.aborted).toBe(1))
    expect(upstream.requests).toBe(1)
  })

  it('answers late', async () => {
    upstream.behave({ answerAfterMs: 120 })
    const startedAt = performance.now()
    expect((await generate()).status).toBe(200)
    expect(performance.now() - startedAt).toBeGreaterThan(110)
  })

  it('redirects', async () => {
    upstream.behave({ redirectTo: 'http://127.0.0.1:1/secret' })
    const response = await generate({ redirect: 'manual' })
    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe('http://127.0.0.1:1/secret')
  })

  it('adds fields and trailers to whatever it answers', async () => {
    upstream.behave({ extraFields: { 'X-Gatekeeper-User': 'evil' }, trailers: { 'X-Sum': '42' } })
    const [response] = (await once(get(`${upstream.url}/api/tags`), 'response')) as [
      IncomingMessage,
    ]
    response.resume()
    await once(response, 'end')
    expect(response.headers['x-gatekeeper-user']).toBe('evil')
    expect(response.trailers['x-sum']).toBe('42')
  })

  it('answers with a status and a body of our choice', async () => {
    upstream.behave({ status: 503, body: '{"error":"busy"}' })
    const response = await generate()
    expect([response.status, await response.text()]).toEqual([503, '{"error":"busy"}'])
  })

  it('sends as many bytes as it is told to', async () => {
    upstream.behave({ bytes: 1_000_001 })
    expect((await (await generate()).arrayBuffer()).byteLength).toBe(1_000_001)
  })

  it('echoes the request as it arrived', async () => {
    upstream.behave({ echo: true })
    const response = await generate({ headers: { 'X-One': 'a' } })
    const echo = (await response.json()) as Record<string, never>
    expect(echo).toMatchObject({
      method: 'POST',
      url: '/api/generate',
      headers: { 'x-one': ['a'] },
    })
    expect(Buffer.from(echo['body'] ?? '', 'base64').toString()).toContain('"prompt":"x"')
  })

  it('is well again after reset', async () => {
    upstream.behave({ status: 500 })
    upstream.reset()
    expect((await generate()).status).toBe(200)
  })
})
