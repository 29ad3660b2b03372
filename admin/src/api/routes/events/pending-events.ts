/**
 * What a stream has yet to send. It grows with the things that a page shows, not with how much
 * happens: counts are added up, and of refusals the newest are kept.
 */
import type { CountedLine } from '../../../../../gatekeeper/src/operations/usage/usage-lines.ts'
import type { Degraded } from '../../degraded.ts'
import { isInScope, isOwnUse, type Scope } from '../../scope.ts'
import type { Thing } from './changed-files.ts'
import type { AuditRecord, LiveLook, Queue } from './live-source.ts'

export type LiveEvent = {
  readonly kind: 'overview' | 'refusal' | 'degraded' | 'changed'
  readonly data: object
}

export type PendingEvents = {
  readonly addLines: (lines: readonly CountedLine[]) => void
  readonly addLook: (look: LiveLook) => void
  /** Returns what the caller may see of everything since the last call, judged by the scope of now. */
  readonly take: (scope: Scope, at: string) => readonly LiveEvent[]
}

const refusalsMax = 100
/** Users of one interval; beyond, those of others are counted together. */
const usersMax = 1_000

type Counts = { requests: number; tokens: number; microUsd: number; refused: number }

/** Returns an empty one. */
export function createPendingEvents(): PendingEvents {
  let byUser = new Map<string | null, Counts>()
  let refusals: AuditRecord[] = []
  let queue: Queue | null = null
  let degraded: readonly Degraded[] | null = null
  let changed = new Set<Thing>()
  const countsOf = (user: string | null): Counts => {
    const name = byUser.has(user) || byUser.size < usersMax ? user : null
    const counts = byUser.get(name) ?? { requests: 0, tokens: 0, microUsd: 0, refused: 0 }
    byUser.set(name, counts)
    return counts
  }
  const addLines = (lines: readonly CountedLine[]) => {
    for (const { user, input_tokens, output_tokens, micro_usd } of lines) {
      const counts = countsOf(user)
      counts.requests++
      counts.tokens += input_tokens + output_tokens
      counts.microUsd += micro_usd
    }
  }
  return {
    addLines,
    addLook: (look) => {
      addLines(look.lines)
      for (const record of look.refusals) countsOf(userOf(record)).refused++
      refusals = [...refusals, ...look.refusals].slice(-refusalsMax)
      queue = look.queue ?? queue
      degraded = look.degraded ?? degraded
      for (const thing of look.changed) changed.add(thing)
    },
    take: (scope, at) => {
      const [counted, refused, stale, things, standing] = [
        byUser,
        refusals,
        degraded,
        changed,
        queue,
      ]
      byUser = new Map()
      refusals = []
      degraded = null
      changed = new Set()
      queue = null
      return [
        ...overviewOf(counted, { scope, at, queue: standing }),
        ...refused.filter((record) => seesRecord(scope, record)).map(describeRefusal),
        ...(stale !== null && scope.seesAll
          ? [{ kind: 'degraded', data: { items: stale } } as const]
          : []),
        ...[...things]
          .filter((thing) => mayList(scope, thing))
          .map((thing) => ({ kind: 'changed', data: { thing } }) as const),
      ]
    },
  }
}

function sees({ seesAll, userName }: Scope, user: string | null): boolean {
  return seesAll || (user !== null && user === userName)
}

function seesRecord(scope: Scope, record: AuditRecord): boolean {
  const team = typeof record['team'] === 'string' ? record['team'] : null
  if (scope.seesAll || scope.team !== null) return isInScope(scope, { team })
  return isOwnUse(scope, { user: userOf(record), team })
}

/** Rules about addresses are of the whole installation; members see keys alone. */
function mayList({ seesAll, team }: Scope, thing: Thing): boolean {
  return seesAll || thing === 'keys' || (team !== null && thing !== 'rules')
}

function userOf(record: AuditRecord): string | null {
  const { user } = record
  return typeof user === 'string' ? user : null
}

type Overview = { readonly scope: Scope; readonly at: string; readonly queue: Queue | null }

function overviewOf(
  byUser: ReadonlyMap<string | null, Counts>,
  { scope, at, queue }: Overview,
): LiveEvent[] {
  const own = [...byUser].filter(([user]) => sees(scope, user)).map(([, counts]) => counts)
  // The queue is everybody's.
  const shown = scope.seesAll ? queue : null
  if (own.length === 0 && shown === null) return []
  const sum = (member: keyof Counts) => own.reduce((all, counts) => all + counts[member], 0)
  const [requests, tokens, refused] = [sum('requests'), sum('tokens'), sum('refused')]
  const data = { at, requests, tokens, microUsd: String(sum('microUsd')), refused, queue: shown }
  return [{ kind: 'overview', data }]
}

function describeRefusal(record: AuditRecord): LiveEvent {
  const { at, requestId, user, method, path, service, reason } = record
  return {
    kind: 'refusal',
    data: {
      ...{ at, requestId: requestId ?? null, user: user ?? null, method: method ?? null },
      ...{ path: path ?? null, service: service ?? null, reason: reason ?? null },
    },
  }
}
