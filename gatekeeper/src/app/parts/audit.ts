import { join } from 'node:path'
import { describeActor } from '../../audit/actor.ts'
import { type Auditor, openAuditor } from '../../audit/auditor.ts'
import type { AuditFields } from '../../audit/chain.ts'
import type { SignStatement } from '../../audit/signed-head.ts'
import { type Problem, ProblemsError } from '../../lib/problem.ts'
import type { AppDeps } from '../app-deps.ts'
import type { Part } from '../part.ts'

export type AuditPart = Part &
  Pick<Auditor, 'recordDecision' | 'recordEvent' | 'isBlocked'> & {
    /** Resolves when an act of this process is on the disk. */
    readonly recordAct: (fields: AuditFields) => Promise<void>
    /** Records a change by another process, which is in force even if this fails. */
    readonly recordChange: (event: string, change: Change) => void
  }

/** Ids by what happened to them. */
type Change = Readonly<Record<string, readonly string[]>>

/** The most ids that are recorded one by one; their number is always recorded. */
const idsMax = 100

/** Opens the audit of a state folder. Throws a ProblemsError if it cannot be written. */
export function openAudit(deps: AppDeps, sign: SignStatement): AuditPart {
  const folder = join(deps.scratchDir ?? deps.settings.stateDir, 'audit')
  const auditor = open(folder, deps, sign)
  const by = describeActor()
  return {
    ...auditor,
    name: 'audit',
    recordAct: (fields) => auditor.recordAct({ ...fields, by }),
    recordChange: (event, change) => {
      if (Object.values(change).every((ids) => ids.length === 0)) return
      // A failure stands in `problems()`.
      void auditor.recordAct({ event, ...describeChange(change), by }).catch(() => {})
    },
    problems: () => {
      const fault = auditor.fault()
      return fault === null ? [] : [unwritable(folder, fault)]
    },
  }
}

function open(folder: string, { audit, clock }: AppDeps, sign: SignStatement): Auditor {
  try {
    return openAuditor(audit, { folder, clock, sign })
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
    what: `cannot be written (${why}), so audit records are missing`,
    remedy:
      'Make the folder writable for this user and free space on its disk; recording then continues automatically.',
  }
}
