import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { reasonRow } from '../../src/model/reason.ts'
import { waitUntil } from '../support/child.ts'
import { directFields, readEdge } from '../support/direct.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
/** Short to send and long to read, so that the gatekeeper is the busy process. */
const talk = Array.from({ length: 4_000 }, () => ({ role: 'user', content: 'and then' }))
const body = gzipSync(JSON.stringify({ model: demoModel, messages: talk, stream: false }))
const config = `${unqueuedGateway}\noverload: {lagMs: 20}\n`

describe.skipIf(testCaddy === null)('more requests than can be decided', () => {
  let stack: Stack
  let pool: Pool
  beforeAll(async () => {
    stack = await startStack({ keys: [ada], config })
    stack.upstream.behave({ status: 200, body: '{"done":true}' })
    const socketPath = join(stack.stateDir, 'run/relay.sock')
    pool = new Pool('http://localhost', { connect: { socketPath }, connections: 100 })
  })
  afterAll(async () => {
    await pool?.destroy()
    await stack?.stop()
  })

  const chat = async () => {
    const answer = await pool.request({
      ...{ path: '/api/chat', method: 'POST', body },
      headers: {
        ...directFields(stack, 'relay'),
        ...{ 'X-Gatekeeper-Method': 'POST', 'X-Gatekeeper-Uri': '/api/chat' },
        authorization: `Bearer ${ada.key}`,
        ...{ 'content-type': 'application/json', 'content-encoding': 'gzip' },
      },
    })
    return { status: answer.statusCode, fields: answer.headers, text: await answer.body.text() }
  }
  /** Counted as a failure, and not thrown: a hundred wait for the same end. */
  const unanswered = (error: unknown) => ({ status: 0, fields: {}, text: String(error) })
  const ask = (listener: 'relay' | 'ops', path: string) =>
    exchangeUnix(
      join(stack.stateDir, `run/${listener}.sock`),
      lines(`GET ${path} HTTP/1.1`, 'Host: localhost', `X-Gatekeeper-Edge: ${readEdge(stack)}`),
    )

  it('get an answer with Retry-After, health stays open, and all are served afterwards', {
    timeout: 120_000,
  }, async () => {
    const seen: Awaited<ReturnType<typeof chat>>[] = []
    let isOver = false
    const flood = Array.from({ length: 100 }, async () => {
      while (!isOver) seen.push(await chat().catch(unanswered))
    })
    const refused = () => seen.find(({ status }) => status !== 200)
    await waitUntil(() => refused() !== undefined, {
      ...{ limitMs: 60_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
    })
    // Over the sockets: on a busy machine Caddy would time out.
    expect(await ask('relay', '/health')).toMatch(/200 OK/)
    expect(await ask('ops', '/livez')).toMatch(/200 OK/)
    expect(await ask('ops', '/readyz')).toMatch(/200 OK/)
    isOver = true
    expect(await Promise.all(flood)).toHaveLength(100)

    // Only answers with 200 and this refusal, which says when to retry.
    const row = reasonRow('overloaded')
    expect([...new Set(seen.map(({ status }) => status))].sort()).toEqual([200, 503])
    expect(refused()?.fields['retry-after']).toBe(String(row.retryAfterSeconds))
    expect(JSON.parse(refused()?.text ?? '')).toEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: row.code }) }),
    )
    const said = stack.gatekeeper.output()
    expect(said).toContain('overloaded: rejecting new requests')
    expect(said).toMatch(/"reason":"overloaded"/)

    await waitUntil(() => stack.gatekeeper.output().includes('no longer overloaded'), {
      ...{ limitMs: 20_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
    })
    await waitUntil(
      async () => (await stack.send('/api/version', { key: ada.key })).status === 200,
      { limitMs: 20_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
    )
  })
})
