/**
 * What happens now, for all streams together: one reader of the usage log, the audit, the documents
 * and the running gatekeeper, which reads only while somebody listens.
 */
import { z } from 'zod'
import { systemTimers, type Timers } from '../../../../../gatekeeper/src/lib/timers.ts'
import {
  followRecords,
  type RecordFollower,
} from '../../../../../gatekeeper/src/operations/audit/follow-records.ts'
import type { FoundRecord } from '../../../../../gatekeeper/src/operations/audit/read-records.ts'
import {
  type CountedLine,
  readExtent,
  readLinesAfter,
} from '../../../../../gatekeeper/src/operations/usage/usage-lines.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { type Degraded, readDegraded } from '../../degraded.ts'
import { followDocuments, type Thing } from './changed-files.ts'

export type AuditRecord = FoundRecord['record']

/** What was found since the last look. */
export type LiveLook = {
  /** Lines of the usage log, in their order. */
  readonly lines: readonly CountedLine[]
  /** The id of the last line of the log. */
  readonly lastId: number
  /** Records of refused requests. */
  readonly refusals: readonly AuditRecord[]
  /** Null if it was not asked, or there is no answer. */
  readonly queue: Queue | null
  /** Null if it is as before. */
  readonly degraded: readonly Degraded[] | null
  readonly changed: readonly Thing[]
}

export type Queue = { readonly running: number; readonly waiting: number }

export type LiveSource = {
  /** Calls back after each look until the returned function is called. */
  readonly listen: (onLook: (look: LiveLook) => void) => () => void
  /** Returns the lines after an id that a listener saw before; none if there are too many. */
  readonly linesAfter: (id: number) => Promise<readonly CountedLine[]>
}

export type LiveDeps = Pick<ApiDeps, 'installation' | 'askGatekeeper' | 'lateRecords'> & {
  readonly timers?: Timers
  readonly logFault?: (error: unknown) => void
}

const lookMs = 500
/** The gatekeeper is asked at every fourth look. */
const askEvery = 4
const linesMax = 5_000
const refusalsMax = 200

/** Returns the source. Nothing is read before the first listener. */
export function createLiveSource(deps: LiveDeps): LiveSource {
  const { timers = systemTimers, installation } = deps
  const listeners = new Set<(look: LiveLook) => void>()
  let stop: (() => void) | null = null
  const start = () => {
    const look = createLook(deps)
    let isLooking = false
    stop = timers.every(lookMs, () => {
      if (isLooking) return
      isLooking = true
      look()
        .then((found) => {
          for (const listener of listeners) listener(found)
        })
        // A log that cannot be read now is read at the next look.
        .catch((error: unknown) => deps.logFault?.(error))
        .finally(() => {
          isLooking = false
        })
    })
  }
  return {
    listen: (onLook) => {
      listeners.add(onLook)
      if (stop === null) start()
      return () => {
        listeners.delete(onLook)
        if (listeners.size > 0) return
        stop?.()
        stop = null
      }
    },
    linesAfter: async (id) => {
      const { lines } = readLinesAfter(installation.stateDir, id, linesMax)
      return lines.length < linesMax ? lines : []
    },
  }
}

function createLook({
  installation,
  askGatekeeper,
  lateRecords,
}: LiveDeps): () => Promise<LiveLook> {
  const changedDocuments = followDocuments(installation)
  let records: RecordFollower | null = null
  let lastId: number | null = null
  let looks = 0
  let before: string | null = null
  return async () => {
    const { stateDir, auditFolder } = installation
    lastId ??= (await readExtent(stateDir, 0)).lastId
    records ??= followRecords(auditFolder)
    const { lines } = readLinesAfter(stateDir, lastId, linesMax)
    lastId = lines.at(-1)?.id ?? lastId
    const isAsking = looks++ % askEvery === 0
    const degraded = isAsking ? await readDegraded({ askGatekeeper, lateRecords }) : null
    const isNew = degraded !== null && JSON.stringify(degraded) !== before
    if (isNew) before = JSON.stringify(degraded)
    return {
      ...{ lines, lastId },
      refusals: (await records.next()).flatMap(toRefusal).slice(-refusalsMax),
      queue: isAsking ? await readQueue(askGatekeeper) : null,
      degraded: isNew ? degraded : null,
      changed: changedDocuments(),
    }
  }
}

function toRefusal({ record }: FoundRecord): AuditRecord[] {
  return record['event'] === 'request' && record['outcome'] === 'deny' ? [record] : []
}

const list = z.array(z.unknown())
const queueAnswer = z.object({
  services: z.record(z.string(), z.object({ running: list, waiting: list })),
})

async function readQueue(askGatekeeper: ApiDeps['askGatekeeper']): Promise<Queue | null> {
  try {
    const { document } = await askGatekeeper('/queue')
    const all = Object.values(queueAnswer.parse(document).services)
    const count = (of: 'running' | 'waiting') =>
      all.reduce((sum, queue) => sum + queue[of].length, 0)
    return { running: count('running'), waiting: count('waiting') }
  } catch {
    return null
  }
}
