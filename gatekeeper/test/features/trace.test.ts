import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const form = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

describe.skipIf(testCaddy === null)('the trace of a request (W3C Trace Context)', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada] })
    stack.upstream.behave({ echo: true })
  })
  afterAll(() => stack?.stop())

  const points = ['/ollama/api/version', '/chat/api/version'] as const

  /** The fields at the upstream, and the log line of the same request. */
  const send = async (path: string, fields: Readonly<Record<string, string | string[]>>) => {
    const answer = await stack.send(path, { key: ada.key, headers: fields })
    expect(answer.status).toBe(200)
    const { headers } = JSON.parse(answer.text) as { headers: Record<string, string[]> }
    const told = Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, values.join(' and ')]),
    )
    const requestId = answer.headers['x-request-id']
    expect(told['x-gatekeeper-request-id']).toBe(requestId)
    const lineOf = () =>
      stack.gatekeeper
        .output()
        .split('\n')
        .find((text) => text.includes(`"requestId":"${requestId}"`))
    await waitUntil(async () => lineOf() !== undefined, {
      ...{ limitMs: 15_000, describe: stack.gatekeeper.output },
    })
    return { told, line: JSON.parse(lineOf() ?? '{}') as Record<string, unknown> }
  }

  it.each(points)('%s: a valid one is forwarded unchanged, and is in the log', async (path) => {
    const { told, line } = await send(path, { traceparent, tracestate: 'congo=t61rcWkgMzE' })
    expect(told['traceparent']).toBe(traceparent)
    expect(told['tracestate']).toBe('congo=t61rcWkgMzE')
    expect(line['traceId']).toBe(traceId)
  })

  it.each(points)('%s: without one a new trace begins here', async (path) => {
    const { told, line } = await send(path, { tracestate: 'congo=t61rcWkgMzE' })
    const [, made] = form.exec(told['traceparent'] ?? '') ?? []
    expect(made).toBeDefined()
    expect(line['traceId']).toBe(made)
    expect(told['tracestate']).toBeUndefined()
  })

  it.each(
    points.flatMap((path) =>
      [
        ['capitals', { traceparent: traceparent.toUpperCase() }],
        ['no trace', { traceparent: traceparent.replace(traceId, '0'.repeat(32)) }],
        ['version ff', { traceparent: `ff${traceparent.slice(2)}` }],
        ['two of them', { traceparent: [traceparent, traceparent.replace('4bf9', '5bf9')] }],
        ['a key', { traceparent: ada.key }],
        ['a key behind', { traceparent: `00-${traceId}-00f067aa0ba902b7-01-${ada.key}` }],
      ].map(([name, headers]) => [path, name, headers] as const),
    ),
  )('%s: a malformed one is dropped: %s', async (path, _, headers) => {
    const { told, line } = await send(path, headers as Record<string, string | string[]>)
    const [, made] = form.exec(told['traceparent'] ?? '') ?? []
    expect(made).toBeDefined()
    expect(made).not.toBe(traceId)
    expect(line['traceId']).toBe(made)
    expect(JSON.stringify(told)).not.toContain(ada.key.slice(14))
  })

  it.each(points)('%s: whatever Connection names, log and upstream get the same', async (path) => {
    const { told, line } = await send(path, { traceparent, connection: 'traceparent' })
    expect(form.exec(told['traceparent'] ?? '')?.[1]).toBe(line['traceId'])
  })

  it.each(points)('%s: a key in the tracestate is not forwarded', async (path) => {
    const { told } = await send(path, { traceparent, tracestate: `congo=${ada.key}` })
    expect(told['traceparent']).toBe(traceparent)
    expect(told['tracestate']).toBeUndefined()
    expect(stack.gatekeeper.output()).not.toContain(ada.key.slice(14))
  })
})
