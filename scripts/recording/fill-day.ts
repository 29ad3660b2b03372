/** Requests of the last two days as a household with a small office has them, for the pictures. */
import { randomUUID } from 'node:crypto'
import { systemTimers } from '../../gatekeeper/src/lib/timers.ts'
import { createSqliteJournal } from '../../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import type { SettledRequest } from '../../gatekeeper/src/usage/journal/usage-journal.ts'
import { createCalendar } from '../../gatekeeper/src/usage/ledger/calendar.ts'
import type { PictureKey } from './picture-keys.ts'

export type Filling = {
  /** The state folder of an installation that does not run. */
  readonly folder: string
  readonly keys: readonly PictureKey[]
  readonly endAt: number
}

const quarterMs = 900_000
const quarters = 2 * 96
/** A small part of a day is enough to see its shape. */
const requestsPerQuarter = 26

/** Writes them into the usage log, and what they count on the limits of their keys. */
export async function fillDay({ folder, keys, endAt }: Filling): Promise<void> {
  const clock = () => endAt
  const journal = createSqliteJournal({
    ...{ folder, retainDays: 90, clock, timers: systemTimers, report: () => {} },
  })
  await journal.load()
  await Promise.all(requestsOf(keys, endAt).map((request) => journal.record(request, 'soon')))
  await journal.close()
}

function requestsOf(keys: readonly PictureKey[], endAt: number): readonly SettledRequest[] {
  const draw = createDraw()
  const all: SettledRequest[] = []
  for (let quarter = 0; quarter < quarters; quarter++) {
    const startAt = endAt - (quarters - quarter) * quarterMs
    for (const key of keys) {
      const many = requestsPerQuarter * key.share * shapeAt(startAt, key) * (0.6 + 0.8 * draw())
      for (let number = 0; number < Math.round(many); number++) {
        all.push(requestOf(key, Math.floor(startAt + draw() * quarterMs), draw))
      }
    }
  }
  return all
}

/** How busy it is at that time, from 0 to 1: programs run all day, people do not. */
function shapeAt(at: number, { isProgram }: PictureKey): number {
  const hour = new Date(at).getHours() + new Date(at).getMinutes() / 60
  const work = Math.exp(-(((hour - 10.5) / 2.4) ** 2)) + Math.exp(-(((hour - 15.5) / 2.6) ** 2))
  const evening = 0.7 * Math.exp(-(((hour - 20.5) / 1.6) ** 2))
  return isProgram ? 0.25 + 0.4 * work : Math.min(1, work + evening)
}

const calendar = createCalendar('UTC')

function requestOf(key: PictureKey, at: number, draw: () => number): SettledRequest {
  const use = key.uses[Math.floor(draw() * key.uses.length)]
  if (use === undefined) throw new Error(`${key.user} uses nothing`)
  const { service, model, endpoint } = use
  const inputTokens = model === null ? 0 : Math.floor(200 + draw() * 1_400)
  const outputTokens = model === null ? 0 : Math.floor(80 + draw() * 700)
  const microUsd = service === 'openai' ? inputTokens + outputTokens * 8 : 0
  const subject = `key:${key.id}`
  const day = { subject, period: 'day', startAt: calendar('day', at).startAt } as const
  const month = { subject, period: 'month', startAt: calendar('month', at).startAt } as const
  return {
    reservationId: null,
    record: {
      ...{ at, requestId: randomUUID(), principalId: subject, user: key.user, service, model },
      ...{ endpoint, status: 200, outcome: 'answered', inputTokens, outputTokens, microUsd },
      ...{ isEstimated: false, durationMs: Math.floor(300 + draw() * 6_000), queueMs: 40 },
      ...{ answerBytes: 2_000, splitKey: null },
    },
    charges: [
      { ...day, unit: 'requests', amount: 1 },
      { ...day, unit: 'tokens', amount: inputTokens + outputTokens },
      { ...month, unit: 'micro-usd', amount: microUsd },
    ],
  }
}

/** Numbers from 0 to 1, the same ones at each run. */
function createDraw(): () => number {
  let state = 20_260_130
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
