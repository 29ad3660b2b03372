import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createOutcomes, type Outcomes } from './outcomes.ts'
import type { End } from './read-report.ts'
import { readReport } from './read-report.ts'

const line = (uuid: string, more: Record<string, unknown> = {}) =>
  `${JSON.stringify({ uuid, status: 200, size: 3, ended: 'yes', ...more })}\n`

describe('a report of Caddy', () => {
  test.each([
    [{}, 'answered', null],
    [{ status: 503, cause: 'unreachable' }, 'failed', 'upstream-unreachable'],
    [{ status: 504, cause: 'timeout' }, 'failed', 'upstream-timeout'],
    [{ status: 502, cause: 'failed' }, 'failed', 'upstream-failed'],
    [{ status: 502, cause: 'untrusted' }, 'failed', 'upstream-untrusted'],
    [{ status: 499 }, 'aborted', null],
    [{ status: 0 }, 'aborted', null],
    [{ ended: undefined }, 'aborted', null],
    [{ cause: 'constructor' }, 'answered', null],
  ])('%j is %s', (more, kind, reason) => {
    const report = readReport(line('a', more))
    expect([report?.end.outcome.kind, report?.end.reason]).toEqual([kind, reason])
  })

  test.each([
    '',
    '{',
    'null',
    '[]',
    '"a"',
    '{"uuid":1}',
    line('a', { status: '200' }),
    line('a', { size: -1 }),
  ])('%j is not a report', (text) => {
    expect(readReport(text)).toBeNull()
  })
})

describe('how an answer ended', () => {
  let now = 0
  let sweep = () => {}
  const timers = {
    after: () => () => {},
    every: (_: number, run: () => void) => {
      sweep = run
      return () => {}
    },
  }
  const opened: (() => void)[] = []
  afterEach(() => {
    for (const close of opened.splice(0)) close()
  })

  /** With Caddy's side of the given number of connections. */
  async function open(connections = 1, expectedMax = 3) {
    const outcomes = createOutcomes({ clock: () => now, timers, expectedMax })
    const server = createServer(outcomes.accept).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const sockets: Socket[] = []
    for (let at = 0; at < connections; at++) {
      const socket = connect((server.address() as AddressInfo).port).on('error', () => {})
      const accepted = once(server, 'connection')
      await once(socket, 'connect')
      await accepted
      sockets.push(socket)
    }
    opened.push(() => {
      outcomes.close()
      server.close()
    })
    return { outcomes, sockets }
  }
  const expectEnd = (outcomes: Outcomes, id: string, waitMs = 1_000) =>
    new Promise<End | null>((done) => outcomes.expect(id, waitMs, done))

  test('is unknown at once when no Caddy reports it', async () => {
    const { outcomes } = await open(0)
    expect(await expectEnd(outcomes, 'a')).toBeNull()
  })

  test('is matched by its request id, in whatever pieces and order the lines arrive', async () => {
    const { outcomes, sockets } = await open()
    const ends = [expectEnd(outcomes, 'a'), expectEnd(outcomes, 'b')]
    const text = `garbage\n${line('other')}${line('b', { status: 404 })}${line('a')}`
    for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) sockets[0]?.write(piece)
    const [a, b] = await Promise.all(ends)
    expect([a?.outcome.status, b?.outcome.status]).toEqual([200, 404])
  })

  test('is reported once: a second line, or an id that is awaited already, changes nothing', async () => {
    const { outcomes, sockets } = await open()
    const first = expectEnd(outcomes, 'a')
    expect(await expectEnd(outcomes, 'a')).toBeNull()
    sockets[0]?.write(line('a') + line('a', { status: 500 }))
    expect((await first)?.outcome.status).toBe(200)
  })

  test('is unknown after its time limit, and when too many are awaited: the oldest goes first', async () => {
    const { outcomes } = await open()
    const ends = ['a', 'b', 'c'].map((id) => expectEnd(outcomes, id, id === 'b' ? 10 : 1_000))
    now = 10
    sweep()
    expect(await ends[1]).toBeNull()
    const later = [expectEnd(outcomes, 'd'), expectEnd(outcomes, 'e')]
    expect(await ends[0]).toBeNull()
    outcomes.close()
    expect(await Promise.all([ends[2], ...later])).toEqual([null, null, null])
  })

  test('is unknown when the last Caddy has disconnected', async () => {
    const { outcomes, sockets } = await open(2)
    const end = expectEnd(outcomes, 'a')
    sockets[0]?.destroy()
    sockets[1]?.resetAndDestroy()
    expect(await end).toBeNull()
  })

  test('a line without an end does not fill the memory', async () => {
    const { sockets } = await open()
    const closed = new Promise((done) => sockets[0]?.once('close', done))
    sockets[0]?.write('x'.repeat(100_000))
    await closed
  })
})
