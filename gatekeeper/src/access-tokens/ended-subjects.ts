/**
 * The ends of all tokens of single subjects: one instant for each, before which its tokens count as
 * revoked. They hold at once and are written together, at most once a second. Their number is
 * bounded: beyond it the oldest ones of the app that has most of them are joined to one instant for
 * all its users. That ends more than was asked for and never less, and nothing of other apps: anybody
 * can log out users of a public app.
 */
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import { readUserName, tokenDaysMax, userNameOf } from '../model/app.ts'

/** Ends by subject, epoch milliseconds. `APP:` stands for all users of the app. */
type Ends = Readonly<Record<string, number>>

export type EndedSubjects = {
  readonly isEnded: (token: { subject: string; issuedAt: number | null }) => boolean
  /** Resolves when it is durable; rejects if it cannot be written, and still holds. */
  readonly end: (subject: string) => Promise<void>
  /** Changes with each end. */
  readonly version: () => number
}

export type EndedSubjectsDeps = {
  readonly stored: () => Ends
  /** Replaces what is stored. Rejects if it cannot be written. */
  readonly write: (add: (ends: Ends) => Ends) => Promise<void>
  readonly clock: Clock
  readonly timers: Timers
  readonly endsMax?: number
}

/** More ends wait to be written than may be kept. */
class TooManyEnds extends Error {
  override readonly name = 'TooManyEnds'
}

const writeEveryMs = 1_000

/** The file is read and written as a whole, and has about 60 bytes for each. */
const endsMaxUsual = 50_000

/** No token lasts longer, so that an older end ends nothing. */
const keptMs = tokenDaysMax * 86_400_000

export function createEndedSubjects(deps: EndedSubjectsDeps): EndedSubjects {
  const { stored, write, clock, timers, endsMax = endsMaxUsual } = deps
  /** Not written yet. */
  const waiting = new Map<string, number>()
  let version = 0
  let restEndsAt = 0
  let next: Promise<void> | null = null
  const endOf = (subject: string) => Math.max(stored()[subject] ?? 0, waiting.get(subject) ?? 0)
  /** Waits until the last write is a second old. Always a turn, in which others join. */
  const rest = async () => {
    const restMs = restEndsAt - clock()
    if (restMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    timers.after(Math.min(restMs, writeEveryMs), resolve)
    await promise
  }
  const flush = async () => {
    await rest()
    restEndsAt = clock() + writeEveryMs
    // Later ends belong to the next write.
    next = null
    const taken = [...waiting]
    await write((ends) => bound({ ...ends, ...newer(taken, ends) }, { now: clock(), endsMax }))
    for (const [subject, at] of taken) if (waiting.get(subject) === at) waiting.delete(subject)
  }
  return {
    isEnded: ({ subject, issuedAt }) => {
      const app = readUserName(subject)?.appId ?? ''
      const endAt = Math.max(endOf(subject), endOf(userNameOf(app, '')))
      return endAt > 0 && (issuedAt === null || issuedAt < endAt)
    },
    end: (subject) => {
      // As long as nothing can be written, memory is bounded too.
      if (waiting.size >= endsMax && !waiting.has(subject)) return Promise.reject(new TooManyEnds())
      // Up to and including this millisecond.
      waiting.set(subject, clock() + 1)
      version++
      next ??= flush()
      return next
    },
    version: () => version,
  }
}

/** Never moves an end back: another gatekeeper, whose clock is ahead, may have written it. */
function newer(taken: readonly (readonly [string, number])[], ends: Ends): Ends {
  return Object.fromEntries(
    taken.map(([subject, at]) => [subject, Math.max(at, ends[subject] ?? 0)]),
  )
}

/** Returns the ends that are still needed, at most `endsMax` of them. */
function bound(
  ends: Ends,
  { now, endsMax }: { readonly now: number; readonly endsMax: number },
): Ends {
  const live = Object.entries(ends).filter(([, at]) => at > now - keptMs)
  const byApp = Map.groupBy(live, ([subject]) => readUserName(subject)?.appId ?? '')
  for (let count = live.length; count > endsMax; ) {
    const [app, own] = [...byApp].reduce((one, other) =>
      other[1].length > one[1].length ? other : one,
    )
    const joined = joinOldest(app, own)
    // More apps than ends may be kept: nothing can be joined any more.
    if (joined.length === own.length) break
    byApp.set(app, joined)
    count += joined.length - own.length
  }
  return Object.fromEntries([...byApp.values()].flat())
}

/** Returns the ends of one app, with the older half as one. */
function joinOldest(app: string, own: readonly [string, number][]): [string, number][] {
  const all = userNameOf(app, '')
  const sorted = own.toSorted(([, one], [, other]) => one - other)
  const joined = sorted.slice(0, Math.ceil(own.length / 2) + 1)
  const allAt = Math.max(
    ...[joined.at(-1), own.find(([subject]) => subject === all)].flatMap((end) => end?.[1] ?? []),
  )
  const rest = sorted.slice(joined.length).filter(([subject]) => subject !== all)
  return [[all, allAt], ...rest]
}
