import type { AuditRules } from '../audit/auditor.ts'
import type { FrontSecrets } from '../config/front-secrets.ts'
import type { Settings } from '../config/read-settings.ts'
import type { IssuerSettings } from '../config/resolve-issuers.ts'
import type { Clock } from '../lib/clock.ts'
import type { OverloadRules } from '../lib/load/overload-gate.ts'
import type { Rate } from '../lib/load/rate-limiter.ts'
import type { Service } from '../model/service.ts'
import type { Policies } from '../policy/policies.ts'
import type { Log } from '../telemetry/log.ts'
import type { JournalThread } from '../usage/journal/sqlite/journal-thread.ts'

export type AppDeps = {
  readonly settings: Settings
  readonly services: readonly Service[]
  /** How many bad credentials one client address may show. */
  readonly attempts: Rate
  /** How many bytes of bodies are held at a time. */
  readonly bodies: { readonly inFlightBytes: number }
  readonly overload: OverloadRules
  /** How long lines of the usage log are kept. */
  readonly usage: { readonly retainDays: number }
  readonly audit: AuditRules
  /** What becomes of answers that go on while their credential is revoked. */
  readonly revocation: { readonly cutStreams: boolean }
  readonly policies: Policies
  /** The issuers whose access tokens are accepted, besides our own. */
  readonly issuers: readonly IssuerSettings[]
  readonly secrets: FrontSecrets
  readonly log: Log
  readonly clock: Clock
  readonly version: string
  /**
   * Of a process that only asks: where journal and audit are, instead of the state folder, in which
   * then nothing is made.
   */
  readonly scratchDir?: string
  /** The journal's, if it was started before; it ends with the app, or with a start that fails. */
  readonly journalThread?: JournalThread
  /** Faults that ended a process on this state folder, the one that is ending among them. */
  readonly processFaults?: () => number
}
