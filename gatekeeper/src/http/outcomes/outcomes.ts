/**
 * Connects an allowed check with the end of its answer. Caddy carries that answer and reports its
 * end over a socket that only this user can open; no request waits for the report. Number and time
 * of the expected reports are bounded: if no report comes, the record says that the end is unknown.
 */
import type { Socket } from 'node:net'
import type { Timers } from '../../lib/timers.ts'
import { type End, readReport } from './read-report.ts'

export type Outcomes = {
  /**
   * Calls `conclude` once: with the end of the answer, or with null if no report comes. If Caddy
   * reports nothing at all, it calls it at once.
   */
  readonly expect: (requestId: string, waitMs: number, conclude: Conclude) => void
  /** Accepts a connection from Caddy. */
  readonly accept: (socket: Socket) => void
  /** Concludes all requests for which a report is still expected. */
  readonly close: () => void
}

type Conclude = (end: End | null) => void
type Expected = { readonly untilAt: number; readonly conclude: Conclude }

type OutcomesDeps = {
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number
  readonly timers: Timers
  readonly expectedMax?: number
}

const sweepMs = 5_000
const socketsMax = 8
const lineCharsMax = 4_096

export function createOutcomes({ clock, timers, expectedMax = 10_000 }: OutcomesDeps): Outcomes {
  const expected = new Map<string, Expected>()
  const sockets = new Set<Socket>()
  const conclude = (requestId: string, end: End | null) => {
    const found = expected.get(requestId)
    expected.delete(requestId)
    found?.conclude(end)
  }
  const concludeAll = (isOver: (one: Expected) => boolean) => {
    for (const [requestId, one] of expected) if (isOver(one)) conclude(requestId, null)
  }
  const stopSweeping = timers.every(sweepMs, () => {
    const now = clock()
    concludeAll(({ untilAt }) => untilAt <= now)
  })
  return {
    expect: (requestId, waitMs, done) => {
      if (sockets.size === 0 || expected.has(requestId)) return done(null)
      const [oldest] = expected.keys()
      if (expected.size >= expectedMax && oldest !== undefined) conclude(oldest, null)
      expected.set(requestId, { untilAt: clock() + waitMs, conclude: done })
    },
    accept: (socket) => {
      socket.on('error', () => socket.destroy())
      if (sockets.size >= socketsMax) return void socket.destroy()
      sockets.add(socket.unref())
      socket.on('close', () => {
        sockets.delete(socket)
        // The requests of a Caddy that has ended are over too.
        if (sockets.size === 0) concludeAll(() => true)
      })
      readLines(socket, (line) => {
        const report = readReport(line)
        if (report !== null) conclude(report.requestId, report.end)
      })
    },
    close: () => {
      stopSweeping()
      for (const socket of sockets) socket.destroy()
      concludeAll(() => true)
    },
  }
}

function readLines(socket: Socket, take: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    if (rest.length > lineCharsMax) socket.destroy()
  })
}
