import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import {
  chargeOf,
  describeJournal,
  type JournalPlace,
  journalNow,
  recordOf,
  reservationOf,
} from '../../../../test/support/describe-journal.ts'
import { readRecords } from '../../../../test/support/read-records.ts'
import { ProblemsError } from '../../../lib/problem.ts'
import { systemTimers } from '../../../lib/timers.ts'
import type { JournalEvent } from '../commit-queue.ts'
import type { UsageJournal } from '../usage-journal.ts'
import { type JournalThread, startJournalThread } from './journal-thread.ts'
import { createSqliteJournal, databaseIn } from './sqlite-journal.ts'

const makeFolder = () => mkdtempSync(join(tmpdir(), 'gk journal '))

function createJournal(
  folder: string,
  report: (event: JournalEvent) => void = () => {},
  thread = startJournalThread(),
) {
  return createSqliteJournal({
    ...{ folder, retainDays: 400, thread },
    ...{ clock: () => journalNow, timers: systemTimers, report },
  })
}

/** A folder; a kill is a copy of its files as they are, with a commit's writes in or not at all. */
function makePlace(): JournalPlace {
  const folders = [makeFolder()]
  const folder = () => folders.at(-1) as string
  return {
    start: () => createJournal(folder()),
    crash: () => {
      const next = makeFolder()
      for (const name of readdirSync(folder())) {
        // The shared memory is rebuilt from the other two at the next start.
        if (!name.endsWith('-shm')) cpSync(join(folder(), name), join(next, name))
      }
      folders.push(next)
    },
    records: () => readRecords(databaseIn(folder())),
    remove: async () => {
      for (const each of folders) rmSync(each, { recursive: true, force: true })
    },
  }
}

describeJournal('SQLite', makePlace, { numRuns: 4 })

describe('the thread of the journal', () => {
  const open: { journals: UsageJournal[]; folders: string[] } = { journals: [], folders: [] }
  const start = (folder = makeFolder(), report?: (event: JournalEvent) => void) => {
    const journal = createJournal(folder, report)
    open.journals.push(journal)
    open.folders.push(folder)
    return { journal, folder }
  }
  afterEach(async () => {
    await Promise.all(open.journals.splice(0).map((journal) => journal.close()))
    for (const folder of open.folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  it('is the only one: a second one on the same folder gets an error and charges nothing', async () => {
    const { journal, folder } = start()
    await journal.load()
    await journal.open(reservationOf('a', chargeOf(1)))
    const second = start(folder).journal.load()
    await expect(second).rejects.toThrow(ProblemsError)
    await expect(second).rejects.toThrow(/in use by another gatekeeper/)
    expect(await readRecords(databaseIn(folder))).toEqual([])
  })

  it('is free for the next one as soon as it is closed', async () => {
    const { journal, folder } = start()
    await journal.load()
    await journal.close()
    expect((await start(folder).journal.load()).interrupted).toBe(0)
  })

  it('drops what the database rejects, reports it, and writes all else', async () => {
    const events: JournalEvent[] = []
    const { journal, folder } = start(undefined, (event) => events.push(event))
    await journal.load()
    const settle = (requestId: string, change = {}) =>
      journal.record({
        ...{ reservationId: null, charges: [chargeOf(1)] },
        record: recordOf({ requestId, ...change }),
      })
    const broken = { microUsd: Number.NaN }
    const results = [settle('a'), settle('b', broken), settle('c'), settle('d'), settle('e')]
    expect(await Promise.all(results)).toEqual([
      ...['durable', 'deferred', 'durable', 'durable', 'durable'],
    ])
    expect(events).toEqual([{ kind: 'lost', rows: 1 }])
    const ids = (await readRecords(databaseIn(folder))).map(({ requestId }) => requestId)
    expect(ids).toEqual(['a', 'c', 'd', 'e'])
  })

  it('opens nothing and delays nobody once it is closed', async () => {
    const { journal } = start()
    await journal.load()
    await journal.close()
    expect(await journal.open(reservationOf('a'))).toBe('unavailable')
    const settled = { reservationId: null, record: recordOf(), charges: [] }
    expect(await journal.record(settled)).toBe('deferred')
  })

  it('may run before its journal is created; one that died by then stops the start', async () => {
    const [early, dead] = [startJournalThread(), startJournalThread()]
    const made = (thread: JournalThread) => {
      const folder = makeFolder()
      open.folders.push(folder)
      return { folder, journal: createJournal(folder, undefined, thread) }
    }
    const good = made(early)
    open.journals.push(good.journal)
    expect(readdirSync(good.folder)).toEqual([])
    expect(await good.journal.load()).toMatchObject({ interrupted: 0 })
    await dead.end()
    await expect(made(dead).journal.load()).rejects.toThrow(/its thread could not start/)
  })

  it.each([
    ['ends', (worker: Worker) => void worker.terminate(), 'ThreadEnded'],
    ['throws', (worker: Worker) => worker.postMessage('no JSON'), 'SyntaxError'],
  ])(
    'that %s by itself reports it once, and from then on nothing is opened or durable',
    async (_, kill, name) => {
      const made = Promise.withResolvers<Worker>()
      const onMade = (message: unknown) => made.resolve((message as { worker: Worker }).worker)
      subscribe('worker_threads', onMade)
      const thread = startJournalThread()
      unsubscribe('worker_threads', onMade)
      const journal = createJournal(makeFolder(), undefined, thread)
      open.journals.push(journal)
      await journal.load()
      kill(await made.promise)
      expect(await thread.died).toMatchObject({ name })
      const settled = { reservationId: null, record: recordOf(), charges: [chargeOf(1)] }
      expect(await journal.open(reservationOf('a', chargeOf(1)))).toBe('unavailable')
      expect(await journal.record(settled)).toBe('deferred')
      expect(journal.state()).toMatchObject({ status: 'failing' })
    },
  )

  it('that is ended by its journal is not reported as died', async () => {
    const thread = startJournalThread()
    const journal = createJournal(makeFolder(), undefined, thread)
    await journal.load()
    await journal.close()
    await thread.end()
    expect(await Promise.race([thread.died, 'alive'])).toBe('alive')
  })

  it('accepts no command before the one that names its database', async () => {
    const thread = startJournalThread()
    const order = { kind: 'write', operations: [] } as const
    await expect(thread.ask(order)).rejects.toThrow(/names no database/)
    await thread.end()
  })

  it('a missing folder stops the start', async () => {
    const { journal } = start(join(makeFolder(), 'missing'))
    await expect(journal.load()).rejects.toThrow(ProblemsError)
  })
})
