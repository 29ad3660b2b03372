import type { AuditRules } from '../audit/auditor.ts'
import type { FrontSecrets } from '../config/front-secrets.ts'
import type { Settings } from '../config/read-settings.ts'
import type { IssuerSettings } from '../config/resolve-issuers.ts'
import type { OriginRules } from '../config/resolve-origins.ts'
import type { Clock } from '../lib/clock.ts'
import type { OverloadRules } from '../lib/load/overload-gate.ts'
import type { Rate } from '../lib/load/rate-limiter.ts'
import type { QuotaLimit } from '../model/limit.ts'
import type { Service } from '../model/service.ts'
import type { Policies } from '../policy/policies.ts'
import type { Log } from '../telemetry/log.ts'
import type { JournalThread } from '../usage/journal/sqlite/journal-thread.ts'

export type AppDeps = {
  readonly settings: Settings
  readonly services: readonly Service[]
  /** How many bad credentials one client address may show. */
  readonly attempts: Rate
  /** Tokens for users of apps. */
  readonly bridge: { readonly tokensPerAddress: QuotaLimit }
  /** How many bytes of bodies are held at a time. */
  readonly bodies: { readonly inFlightBytes: number }
  readonly overload: OverloadRules
  /** How many days the lines of the usage log are kept. */
  readonly usage: { readonly retainDays: number }
  readonly audit: AuditRules
  /** Whether answers in progress are cut when their credential is revoked. */
  readonly revocation: { readonly cutStreams: boolean }
  readonly policies: Policies
  /** What holds for services and apps without origins of their own. */
  readonly origins: OriginRules
  /** Whether answers have the `X-RateLimit-*` fields. */
  readonly legacyLimitFields: boolean
  /** The issuers whose access tokens are accepted, besides our own. */
  readonly issuers: readonly IssuerSettings[]
  readonly secrets: FrontSecrets
  readonly log: Log
  readonly clock: Clock
  readonly version: string
  /**
   * For a process that only explains: the folder of journal and audit, instead of the state folder,
   * in which it creates nothing.
   */
  readonly scratchDir?: string
  /** The journal's thread, if it was started before; ends with the app or with a failed start. */
  readonly journalThread?: JournalThread
  /** The number of faults that ended a process on this state folder, including the current one. */
  readonly processFaults?: () => number
}
