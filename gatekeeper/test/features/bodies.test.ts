import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const bob = makeKey({ user: 'bob' })

const mebibyte = 1024 * 1024
const config = `version: 1
bodies: {inFlightBytes: ${64 * mebibyte}}
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}
`

describe.skipIf(testCaddy === null)('bodies under way', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, bob], config })
  })
  beforeEach(() => {
    stack.upstream.reset()
    stack.upstream.behave({ status: 200, body: '{}' })
  })
  afterAll(() => stack?.stop())

  const chat = (bytes: number, key: string) =>
    stack.send('/api/chat', { key, json: { model: 'demo', x: 'x'.repeat(bytes) } })

  /** Sends this many bytes of a body that never ends. */
  async function hold(bytes: number, key: string): Promise<Socket> {
    const socket = await openTls(stack)
    socket.on('error', () => {})
    const head = [
      ...['POST /api/chat HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${key}`],
      ...['Content-Type: application/json', `Content-Length: ${32 * mebibyte}`],
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n{"model":"demo","x":"`)
    await new Promise((resolve) => socket.write('x'.repeat(bytes), resolve))
    return socket
  }

  it('together stay within their memory limit, and one key within half of it', async () => {
    const held = await hold(20 * mebibyte, ada.key)
    // The bytes are written; the gatekeeper reads them later.
    await waitUntil(async () => (await chat(15 * mebibyte, ada.key)).status === 503, {
      ...{ limitMs: 30_000, describe: stack.gatekeeper.output },
    })
    const refused = await chat(15 * mebibyte, ada.key)
    expect(JSON.parse(refused.text).error).toMatch(/^Too many large requests/)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await chat(100, ada.key)).status).toBe(200)
    expect((await chat(15 * mebibyte, bob.key)).status).toBe(200)
    held.destroy()
    await waitUntil(async () => (await chat(15 * mebibyte, ada.key)).status === 200, {
      ...{ limitMs: 30_000, describe: stack.gatekeeper.output },
    })
  })

  it('release their memory each time, however they end', async () => {
    for (let turn = 0; turn < 12; turn++) {
      expect((await chat(20 * mebibyte, ada.key)).status).toBe(200)
      const bad = await stack.send('/api/chat', {
        ...{ method: 'POST', key: ada.key, body: `{"a":"${'x'.repeat(20 * mebibyte)}` },
        headers: { 'content-type': 'application/json' },
      })
      expect(bad.status).toBe(400)
    }
  })

  it('of 32 MiB in any form leave room for others', async () => {
    const unit = '[],'
    const body = Buffer.from(`{"model":"demo","x":[${unit.repeat(32 * 341_000)}1]}`)
    let isDone = false
    const big = stack
      .send('/api/chat', {
        ...{ method: 'POST', key: ada.key, body },
        headers: { 'content-type': 'application/json' },
      })
      .finally(() => {
        isDone = true
      })
    let answered = 0
    while (!isDone) {
      expect((await stack.send('/health')).status).toBe(200)
      answered++
      await sleep(1)
    }
    expect((await big).status).toBe(200)
    expect(stack.upstream.received[0]?.body.length).toBe(body.length)
    expect(answered).toBeGreaterThan(5)
  })
})
