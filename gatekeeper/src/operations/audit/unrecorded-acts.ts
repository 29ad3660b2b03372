/**
 * Acts of commands that only take rights away and could not be recorded. A command ends at once, so
 * they wait in a file of their own beside the documents that it changes: where those can be written,
 * it can be. Whoever records next records them first, marked late.
 */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { describeActor } from '../../audit/actor.ts'
import type { Clock } from '../../lib/clock.ts'
import { writeFileAtomic } from '../../lib/files/atomic-write.ts'
import { formatInstant } from '../../lib/instant.ts'
import { type RecordActs, UnrecordedError } from './record-acts.ts'

export type UnrecordedActs = {
  /** Records after what waits; rejects with an UnrecordedError. */
  readonly record: RecordActs
  /** Records, or lets the acts wait; rejects only if they cannot be written down either. */
  readonly recordEnded: RecordActs
  /** Records what waits; rejects with an UnrecordedError. */
  readonly flush: () => Promise<void>
  readonly isWaiting: () => Promise<boolean>
}

type Deps = {
  /** The folder of the documents. */
  readonly folder: string
  readonly clock: Clock
}

const form = /^unrecorded-acts-\d+-[0-9a-f-]{36}\.json$/
const acts = z.array(z.record(z.string(), z.unknown())).max(1000)

/** Returns recorders over one that rejects. */
export function createUnrecordedActs(record: RecordActs, { folder, clock }: Deps): UnrecordedActs {
  const list = async () => {
    const names = await readdir(folder).catch(() => [])
    const waiting = names.filter((name) => form.test(name)).sort()
    return waiting.map((name) => join(folder, name))
  }
  const flush = async () => {
    for (const file of await list()) {
      // Recorded twice where two processes meet, which is better than not at all.
      const waiting = await readActs(file)
      if (waiting === null) continue
      await record(waiting)
      await rm(file, { force: true })
    }
  }
  const recordAfter: RecordActs = async (more) => {
    await flush()
    await record(more)
  }
  return {
    flush,
    record: recordAfter,
    isWaiting: async () => (await list()).length > 0,
    recordEnded: async (ended) => {
      try {
        await recordAfter(ended)
      } catch (error) {
        if (!(error instanceof UnrecordedError)) throw error
        const about = { late: true, happenedAt: formatInstant(clock()), doneBy: describeActor() }
        const text = JSON.stringify(ended.map((act) => ({ ...act, ...about })))
        const name = `unrecorded-acts-${clock()}-${randomUUID()}.json`
        await writeFileAtomic(join(folder, name), text)
      }
    },
  }
}

/** Null if another process has just recorded it, or somebody wrote something else there. */
async function readActs(file: string): Promise<z.output<typeof acts> | null> {
  try {
    return acts.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
