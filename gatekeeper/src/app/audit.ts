/**
 * The part of the composition root that is about the audit: who tells it what, and what it needs of
 * others.
 */
import { join } from 'node:path'
import { describeActor } from '../audit/actor.ts'
import { type AuditRules, openAuditor } from '../audit/auditor.ts'
import type { AuditFields } from '../audit/chain.ts'
import type { SignStatement } from '../audit/signed-head.ts'
import type { Clock } from '../lib/clock.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { RequestFacts } from '../model/facts.ts'
import { describeAudited } from '../telemetry/audited-decision.ts'
import type { Decided, DescribedDecision } from '../telemetry/decision-log.ts'

export type AuditDeps = {
  readonly stateDir: string
  readonly rules: AuditRules
  readonly clock: Clock
  readonly sign: SignStatement
  /** Whether the text is a key of a plain map, which has no form by which it could be hidden. */
  readonly isPlainKey: (text: string) => boolean
}

export type Audit = {
  readonly onDecided: (decided: Decided, described: DescribedDecision) => void
  /** Resolves when what this process did, or is about to do, is on the disk. */
  readonly recordAct: (fields: AuditFields) => Promise<void>
  /** Resolves when what a caller was given is recorded. */
  readonly recordEvent: (fields: AuditFields) => Promise<void>
  /** Records what another process changed: it is in force, whether that succeeds or not. */
  readonly recordChange: (event: string, change: Change) => void
  /** Whether a request must be refused now, since it could not be recorded. */
  readonly isBlocked: (facts: RequestFacts) => boolean
  readonly problems: () => readonly Problem[]
  readonly close: () => Promise<void>
}

/** Ids by what became of them. */
type Change = Readonly<Record<string, readonly string[]>>

/** Ids that are named one by one; of all of them the number is told. */
const idsMax = 100

/** Opens the audit of a state folder. Throws a ProblemsError where it cannot be written. */
export function openAudit(deps: AuditDeps): Audit {
  const folder = join(deps.stateDir, 'audit')
  const auditor = open(folder, deps)
  const by = describeActor()
  return {
    onDecided: (decided, described) =>
      auditor.recordDecision(toEvent(decided), () =>
        describeAudited(decided, described, deps.isPlainKey),
      ),
    recordAct: (fields) => auditor.recordAct({ ...fields, by }),
    recordEvent: auditor.recordEvent,
    recordChange: (event, change) => {
      if (Object.values(change).every((ids) => ids.length === 0)) return
      // What fails stands in `problems()`.
      void auditor.recordAct({ event, ...describeChange(change), by }).catch(() => {})
    },
    isBlocked: (facts) => auditor.isBlocked({ isAct: isAct(facts) }),
    problems: () => {
      const fault = auditor.fault()
      return fault === null ? [] : [unwritable(folder, fault)]
    },
    close: auditor.close,
  }
}

function open(folder: string, { rules, clock, sign }: AuditDeps) {
  try {
    return openAuditor(rules, { folder, clock, sign })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ProblemsError([unwritable(folder, code ?? message)])
  }
}

function describeChange(change: Change): AuditFields {
  const entries = Object.entries(change).filter(([, ids]) => ids.length > 0)
  return Object.fromEntries(
    entries.map(([name, ids]) => [name, { count: ids.length, ids: ids.slice(0, idsMax) }]),
  )
}

function unwritable(source: string, why: string): Problem {
  return {
    source,
    what: `cannot be written (${why}), so that audit records are missing`,
    remedy: 'Give this user the folder, with space left on its disk; it goes on by itself then.',
  }
}

/** What changes what others use: models that are pulled or deleted, settings of a service. */
function isAct({ endpoint }: RequestFacts): boolean {
  return endpoint?.class === 'manage'
}

/** A refused OAuth request was let in, as all are, and refused by what answered it. */
function toEvent({ facts, principal, reason, status }: Decided) {
  const isKnown = principal !== null && principal.kind !== 'anonymous'
  const isRefused = reason !== null || (facts?.service?.kind.isOwn === true && status >= 400)
  return {
    isKnown,
    isAllowed: !isRefused,
    isAct: facts !== null && isAct(facts),
    reason: reason ?? String(status),
    addressGroup: facts === null || isKnown ? '' : groupAddress(facts.clientAddress),
  }
}
