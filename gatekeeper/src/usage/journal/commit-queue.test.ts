import { describe, expect, it } from 'vitest'
import { chargeOf, recordOf, reservationOf } from '../../../test/support/describe-journal.ts'
import type { Problem } from '../../lib/problem.ts'
import type { Timers } from '../../lib/timers.ts'
import { CommitQueue, type JournalEvent, type Written } from './commit-queue.ts'
import type { Operation } from './operation.ts'

const full: Problem = { source: 'disk', what: 'is full', remedy: 'Make space.' }
const written: Written = { status: 'written', refused: [] }
const failed: Written = { status: 'failed', problem: full }

const record = (id: string, reservationId: string | null = null): Operation => ({
  kind: 'record',
  settled: { reservationId, record: recordOf({ requestId: id }), charges: [chargeOf(1)] },
})
const open = (id: string): Operation => ({ kind: 'open', reservation: reservationOf(id) })

/** A queue over a store and timers that the test controls. */
function createBench(options: { waitingMax?: number } = {}) {
  const batches: { operations: readonly Operation[]; answer: (how: Written) => void }[] = []
  const events: JournalEvent[] = []
  const due: { delayMs: number; run: () => void }[] = []
  const timers: Timers = {
    after: (delayMs, run) => {
      const timer = { delayMs, run }
      due.push(timer)
      return () => void (due.includes(timer) && due.splice(due.indexOf(timer), 1))
    },
    every: () => () => {},
  }
  const queue = new CommitQueue({
    write: (operations) => new Promise((answer) => batches.push({ operations, answer })),
    clock: () => 1000,
    timers,
    report: (event) => events.push(event),
    ...options,
  })
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  return {
    ...{ queue, events, due, turn, batches },
    /** Answers the batch that is being written, and lets all callers receive it. */
    answer: async (how: Written) => {
      await turn()
      const batch = batches.at(-1)
      batch?.answer(how)
      await turn()
      return batch?.operations ?? []
    },
    /** Runs the next timer. */
    pass: async () => {
      const [timer] = due.splice(0, 1)
      timer?.run()
      await turn()
      return timer?.delayMs
    },
  }
}

describe('group commit', () => {
  it('writes everything that arrived during one batch in the next batch', async () => {
    const { queue, batches, answer, turn } = createBench()
    const first = queue.push(record('a'))
    await turn()
    const rest = ['b', 'c', 'd'].map((id) => queue.push(record(id)))
    await turn()
    expect(batches.map(({ operations }) => operations.length)).toEqual([1])
    await answer(written)
    expect(await first).toBe(true)
    await answer(written)
    expect(await Promise.all(rest)).toEqual([true, true, true])
    expect(batches.map(({ operations }) => operations.length)).toEqual([1, 3])
  })

  it('confirms nothing before it is durable', async () => {
    const { queue, answer, turn } = createBench()
    let isTold = false
    const told = queue.push(record('a')).then(() => {
      isTold = true
    })
    await turn()
    expect(isTold).toBe(false)
    await answer(written)
    await told
    expect(isTold).toBe(true)
  })

  it('starts again for a push at the very end of the last batch', async () => {
    const { queue, answer } = createBench()
    const chain = queue.push(record('a')).then(() => queue.push(record('b')))
    await answer(written)
    await answer(written)
    expect(await chain).toBe(true)
  })

  it('keeps the order, over batches of at most 1000', async () => {
    const { queue, batches, answer } = createBench()
    const all = Array.from({ length: 2500 }, (_, index) => queue.push(record(String(index))))
    for (let turns = 0; turns < 3; turns++) await answer(written)
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]))
    expect(batches.map(({ operations }) => operations.length)).toEqual([1000, 1000, 500])
    const ids = batches.flatMap(({ operations }) =>
      operations.map((one) => (one.kind === 'record' ? one.settled.record.requestId : '')),
    )
    expect(ids).toEqual(Array.from({ length: 2500 }, (_, index) => String(index)))
  })
})

describe('an operation that nobody waits for', () => {
  it('is buffered for a tenth of a second', async () => {
    const { queue, batches, answer, turn, pass } = createBench()
    const all = ['a', 'b'].map((id) => queue.push(record(id), 'soon'))
    await turn()
    expect(batches).toEqual([])
    expect(await pass()).toBe(100)
    await answer(written)
    expect(await Promise.all(all)).toEqual([true, true])
    expect(batches.map(({ operations }) => operations.length)).toEqual([2])
  })

  it('is written at once together with one that somebody waits for', async () => {
    const { queue, due, answer, turn } = createBench()
    const soon = queue.push(record('a'), 'soon')
    await turn()
    const atOnce = queue.push(record('b'))
    await answer(written)
    expect(await Promise.all([soon, atOnce])).toEqual([true, true])
    // The buffering that was cut short leaves no timer.
    expect(due.filter(({ delayMs }) => delayMs === 100)).toEqual([])
  })

  it('is written when the queue closes', async () => {
    const { queue, answer, turn } = createBench()
    const soon = queue.push(record('a'), 'soon')
    await turn()
    const drained = queue.drain()
    await answer(written)
    await drained
    expect(await soon).toBe(true)
  })

  it('is not buffered beyond the size of one transaction', async () => {
    const { queue, batches, answer } = createBench()
    for (let index = 0; index < 1000; index++) void queue.push(record(String(index)), 'soon')
    await answer(written)
    expect(batches.map(({ operations }) => operations.length)).toEqual([1000])
  })

  it('does not wait longer when the store fails meanwhile', async () => {
    const { queue, answer, turn } = createBench()
    const atOnce = queue.push(record('a'))
    await turn()
    const soon = queue.push(record('b'), 'soon')
    await answer(failed)
    expect(await Promise.all([atOnce, soon])).toEqual([false, false])
  })
})

describe('commits that are shared', () => {
  it('leave two milliseconds to collect the next one', async () => {
    const { queue, batches, answer, turn, pass } = createBench()
    const first = ['a', 'b'].map((id) => queue.push(record(id)))
    await answer(written)
    await Promise.all(first)
    const next = ['c', 'd'].map((id) => queue.push(record(id)))
    await turn()
    expect(batches).toHaveLength(1)
    expect(await pass()).toBe(2)
    await answer(written)
    expect(await Promise.all(next)).toEqual([true, true])
    expect(batches.map(({ operations }) => operations.length)).toEqual([2, 2])
  })

  it('do not delay a single caller', async () => {
    const { queue, due, answer } = createBench()
    for (const id of ['a', 'b', 'c']) {
      const told = queue.push(record(id))
      await answer(written)
      expect(await told).toBe(true)
    }
    expect(due).toEqual([])
  })
})

describe('a store that fails', () => {
  it('refuses new openings, releases what ended, and drops only the first', async () => {
    const { queue, answer, pass, events } = createBench()
    const opening = queue.push(open('x'))
    const ending = queue.push(record('a'))
    await answer(failed)
    expect([await opening, await ending]).toEqual([false, false])
    expect(queue.state()).toEqual({ status: 'failing', sinceAt: 1000, problem: full })
    await pass()
    expect((await answer(written)).map(({ kind }) => kind)).toEqual(['record'])
    expect(queue.state()).toEqual({ status: 'healthy' })
    expect(events.map(({ kind }) => kind)).toEqual(['failing', 'recovered'])
  })

  it('gets an answer at once while it fails', async () => {
    const { queue, answer } = createBench()
    queue.push(record('a'))
    await answer(failed)
    expect(await queue.push(open('x'))).toBe(false)
    expect(await queue.push(record('b'))).toBe(false)
  })

  it('is retried with growing pauses, never longer than 5 s, and recovers by itself', async () => {
    const { queue, answer, pass, events } = createBench()
    queue.push(open('x'))
    await answer(failed)
    const pauses: (number | undefined)[] = []
    for (let turns = 0; turns < 8; turns++) {
      pauses.push(await pass())
      await answer(failed)
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
    await pass()
    await answer(written)
    expect(queue.state()).toEqual({ status: 'healthy' })
    const opened = queue.push(open('y'))
    await answer(written)
    expect(await opened).toBe(true)
    // One line when it begins and one when it ends, not one for each try.
    expect(events.map(({ kind }) => kind)).toEqual(['failing', 'recovered'])
  })

  it('gets everything that ended meanwhile once, in order', async () => {
    const { queue, answer, pass } = createBench()
    queue.push(record('a'))
    await answer(failed)
    queue.push(record('b'))
    await pass()
    await answer(failed)
    queue.push(record('c'))
    await pass()
    const operations = await answer(written)
    expect(operations).toEqual([record('a'), record('b'), record('c')])
  })

  it('a disk that hangs delays nobody forever, and a late opening is reverted', async () => {
    const { queue, due, turn, answer, batches, pass } = createBench()
    const opening = queue.push(open('x'))
    const ending = queue.push(record('a'))
    await turn()
    due[0]?.run()
    expect([await opening, await ending]).toEqual([false, false])
    expect(queue.state().status).toBe('failing')
    await answer(written)
    await pass()
    await answer(written)
    expect(queue.state()).toEqual({ status: 'healthy' })
    expect(batches.at(-1)?.operations).toEqual([{ kind: 'cancel', id: 'x' }])
  })

  it('an operation that the store rejects is dropped, without others', async () => {
    const { queue, answer, events } = createBench()
    const all = [record('a'), open('twice'), record('b')].map((one) => queue.push(one))
    await answer({ status: 'written', refused: [1] })
    expect(await Promise.all(all)).toEqual([true, false, true])
    expect(events).toEqual([{ kind: 'lost', rows: 1 }])
  })
})

describe('a queue that is full', () => {
  it('holds 100,000 and drops lines, never charges', async () => {
    const { queue, answer, pass, events, batches } = createBench({ waitingMax: 10 })
    queue.push(record('first'))
    await answer(failed)
    for (let index = 0; index < 500; index++) await queue.push(record(String(index)))
    await pass()
    await answer(failed)
    await pass()
    const operations = await answer(written)
    const charge = operations.find(({ kind }) => kind === 'charge')
    const rows = operations.filter(({ kind }) => kind === 'record').length
    const sum = charge?.kind === 'charge' ? charge.charges[0]?.amount : 0
    expect(batches.at(-1)?.operations.length).toBeLessThan(15)
    expect((sum ?? 0) + rows).toBe(501)
    expect(events.at(-1)).toEqual({ kind: 'lost', rows: 501 - rows })
  })

  it('opens nothing more', async () => {
    const { queue, turn } = createBench({ waitingMax: 2 })
    queue.push(record('a'))
    await turn()
    queue.push(record('b'))
    queue.push(record('c'))
    expect(await queue.push(open('x'))).toBe(false)
  })

  it('an opened operation without space stays open: the next start charges it', async () => {
    const { queue, answer, pass, turn } = createBench({ waitingMax: 1 })
    queue.push(record('a'))
    await answer(failed)
    await queue.push(record('b', 'reservation-b'))
    await pass()
    const operations = await answer(written)
    expect(operations).toEqual([record('a')])
    await turn()
    expect(queue.state()).toEqual({ status: 'healthy' })
  })
})

describe('a queue that closes', () => {
  it('writes the waiting operations', async () => {
    const { queue, answer, batches } = createBench()
    const ending = queue.push(record('a'))
    const drained = queue.drain()
    await answer(written)
    await drained
    expect(await ending).toBe(true)
    expect(batches).toHaveLength(1)
  })

  it('does not wait for a store that fails', async () => {
    const { queue, answer } = createBench()
    queue.push(record('a'))
    await answer(failed)
    const drained = queue.drain()
    await answer(failed)
    await drained
  })

  it('opens nothing more', async () => {
    const { queue } = createBench()
    await queue.drain()
    expect(await queue.push(open('x'))).toBe(false)
  })
})
