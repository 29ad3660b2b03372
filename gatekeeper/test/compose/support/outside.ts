import { connect as connectH2 } from 'node:http2'
import path from 'node:path'
import { expect, it } from 'vitest'
import { addKey } from '../../../src/operations/keys/key-writer.ts'
import { waitUntil } from '../../support/child.ts'
import type { Deployment } from './deployment.ts'

const chat = { model: 'demo', stream: true, messages: [{ role: 'user', content: 'hello' }] }

/** A stream of the fake Ollama: some thirty parts in five seconds. */
export async function openStream(
  deployment: Deployment,
  key: string,
): Promise<{ readonly status: number; readonly chunks: AsyncIterable<Buffer> }> {
  const answer = await (await deployment.dispatcher()).request({
    ...{ origin: deployment.url, path: '/v1/chat/completions', method: 'POST' },
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(chat),
  })
  return { status: answer.statusCode, chunks: answer.body }
}

export async function readStream(chunks: AsyncIterable<Buffer>) {
  const times: number[] = []
  let text = ''
  for await (const chunk of chunks) {
    times.push(performance.now())
    text += chunk
  }
  return { text, times }
}

/** The view of clients on other machines. */
export function itServesFromOutside(deployment: () => Deployment, key: () => string): void {
  it('over TLS and HTTP/2: 401 without a key, 200 with one, at both points', async () => {
    const session = connectH2(deployment().url, { ca: await deployment().ca() })
    const ask = (target: string, fields: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const stream = session.request({ ':path': target, ...fields })
        stream.once('response', (answer) => resolve(Number(answer[':status'])))
        stream.once('error', reject)
        stream.resume().end()
      })
    try {
      for (const target of ['/api/tags', '/chat/api/tags']) {
        expect(await ask(target, {})).toBe(401)
        expect(await ask(target, { 'x-api-key': key().replace(/.$/, '!') })).toBe(401)
        expect(await ask(target, { 'x-api-key': key() })).toBe(200)
      }
    } finally {
      session.destroy()
    }
  })

  it('the console stays closed: its bind is its own', async () => {
    const { engineAddress } = deployment().engine.network
    const knock = (port: number) =>
      deployment().shell(
        `curl -sk -m 3 https://${engineAddress}:${port}/ -o /dev/null || echo closed`,
      )
    expect([(await knock(8443)).trim(), (await knock(8444)).trim()]).toEqual(['', 'closed'])
  })

  it('plain HTTP only leads to HTTPS', async () => {
    const { engineAddress } = deployment().engine.network
    const answer = await fetch(`http://${engineAddress}:8080/api/tags`, { redirect: 'manual' })
    expect(answer.status).toBe(308)
    expect(answer.headers.get('location')).toBe(`https://${engineAddress}:8443/api/tags`)
  })

  it('a stream comes chunk by chunk', async () => {
    const { status, chunks } = await openStream(deployment(), key())
    const { text, times } = await readStream(chunks)
    expect(status).toBe(200)
    expect(text).toContain('data: [DONE]')
    expect(times.length).toBeGreaterThan(10)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_500)
  })

  it('a key added on the host works within 2 s inside', async () => {
    const file = path.join(deployment().clone, 'keys/keys.json')
    const known = { serviceNameOf: (name: string) => name }
    const wanted = {
      user: 'bob',
      role: 'readwrite',
      services: ['ollama'],
      expiresAt: null,
    } as const
    const made = await addKey(file, wanted, { clock: Date.now, known })
    await waitUntil(async () => (await deployment().send('/api/tags', made)).status === 200, {
      // The promise is two seconds; the rest is for a busy machine.
      ...{ limitMs: 5_000, describe: () => 'the new key is refused' },
    })
  })
}
