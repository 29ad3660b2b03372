/**
 * Clients that send a byte now and then use a connection each and delay no other. Fifty of each
 * kind, at once, for as long as Caddy allows for a head.
 */
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Battlefield, mallory, openBattlefield, points } from '../attack/support/field.ts'
import { openTls } from '../support/raw.ts'
import { testCaddy } from '../support/stack.ts'

const clientsOfEach = 50
const headLimitMs = 10_000

type Kind = { readonly name: string; readonly opening: string }
type SlowClient = { readonly kind: string; readonly socket: Socket; readonly startedAt: number }

const bodyOf = (prefix: string, key: string) =>
  [
    ...[`POST ${prefix}/api/generate HTTP/1.1`, 'Host: localhost', 'Content-Length: 5000'],
    ...['Content-Type: application/json', `Authorization: Bearer ${key}`, '', '{'],
  ].join('\r\n')
const flood = Array.from({ length: 300 }, (_, at) => `X-Flood-${at}: ${'x'.repeat(15)}\r\n`).join(
  '',
)
const kinds: readonly Kind[] = [
  { name: 'head', opening: `GET /ollama/api/tags HTTP/1.1\r\nHost: localhost\r\nX-Slow: ` },
  // A long head without an end.
  { name: 'fields', opening: `GET /health HTTP/1.1\r\nHost: localhost\r\n${flood}X-Slow: ` },
  { name: 'body, relay, with a key', opening: bodyOf('/ollama', mallory.key) },
  { name: 'body, check, with a key', opening: bodyOf('/chat', mallory.key) },
  { name: 'body, relay, without', opening: bodyOf('/ollama', 'gk_nothing') },
  { name: 'body, check, without', opening: bodyOf('/chat', 'gk_nothing') },
]

describe.skipIf(testCaddy === null)('slow clients', () => {
  let field: Battlefield
  beforeAll(async () => {
    field = await openBattlefield()
  })
  afterAll(() => field?.stop())

  it('do not delay others, and a slow head ends', { timeout: 120_000 }, async () => {
    const alone = await serveOthers(field, 15)
    const clients = (await Promise.all(kinds.map((kind) => openSlowly(field, kind)))).flat()
    const closedAfterMs = new Map<SlowClient, number>()
    for (const client of clients) {
      client.socket.once('close', () => {
        closedAfterMs.set(client, performance.now() - client.startedAt)
      })
    }
    const stop = trickle(clients)
    const beside = await serveOthers(field, 60)
    await sleep(headLimitMs + 2_500 - (performance.now() - (clients[0]?.startedAt ?? 0)))
    stop()
    report({ alone, beside }, clients, closedAfterMs)

    expect(Math.max(...beside)).toBeLessThan(2_000)
    const heads = clients.filter(({ kind }) => kind === 'head' || kind === 'fields')
    expect(heads.length).toBe(2 * clientsOfEach)
    expect(heads.filter((client) => !closedAfterMs.has(client)).length).toBe(0)
    for (const { socket } of clients) socket.destroy()
    expect(Math.max(...(await serveOthers(field, 15)))).toBeLessThan(2_000)
  })
})

/** Opens all clients of one kind; their later end by Caddy is not an error of the test. */
async function openSlowly(field: Battlefield, kind: Kind): Promise<SlowClient[]> {
  const opened = Array.from({ length: clientsOfEach }, () => openTls(field.stack))
  return (await Promise.all(opened)).map((socket) => {
    socket.on('error', () => {})
    socket.resume()
    socket.write(kind.opening)
    return { kind: kind.name, socket, startedAt: performance.now() }
  })
}

function trickle(clients: readonly SlowClient[]): () => void {
  const timer = setInterval(() => {
    for (const { socket } of clients) if (socket.writable) socket.write(' ')
  }, 500)
  return () => clearInterval(timer)
}

/** Normal requests through both points in turn; their durations. Any other answer throws. */
async function serveOthers(field: Battlefield, rounds: number): Promise<number[]> {
  const durations: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const { prefix } of points) {
      const startedAt = performance.now()
      const { status, told } = await field.askHonestly(prefix, `honest-${round}`)
      durations.push(performance.now() - startedAt)
      expect({ status, user: told.user }).toEqual({ status: 200, user: 'victim' })
    }
  }
  return durations
}

function report(
  { alone, beside }: { alone: readonly number[]; beside: readonly number[] },
  clients: readonly SlowClient[],
  closedAfterMs: ReadonlyMap<SlowClient, number>,
): void {
  const [quiet, busy] = [median(alone), median(beside)]
  const closed = kinds.map(({ name }) => {
    const mine = clients.filter(({ kind }) => kind === name)
    const times = mine.flatMap((client) => closedAfterMs.get(client) ?? [])
    const last = times.length === 0 ? '' : `, the last after ${Math.round(Math.max(...times))} ms`
    return `${name}: ${times.length} of ${mine.length} closed${last}`
  })
  console.info(
    `beside ${clients.length} slow clients: median ${busy.toFixed(1)} ms, alone ${quiet.toFixed(1)} ms,`,
    `ratio ${(busy / quiet).toFixed(2)}, longest ${Math.max(...beside).toFixed(0)} ms`,
    `\n${closed.join('\n')}`,
  )
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] as number
}
