import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import type { ConsoleSettings } from '../../../gatekeeper/src/model/console-settings.ts'
import type { AskGatekeeper } from '../../../gatekeeper/src/operations/ask-gatekeeper.ts'
import type { LateRecords } from '../../../gatekeeper/src/operations/audit/late-records.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import type { KeyIndex } from '../../../gatekeeper/src/operations/keys/key-index.ts'
import type { AdminStore } from '../store/admin-store.ts'
import type { PeopleIndex } from './people-index.ts'

/** What the endpoints work with. */
export type ApiDeps = {
  readonly installation: Installation
  /** `admin.db`. */
  readonly store: AdminStore
  readonly clock: Clock
  readonly settings: ConsoleSettings
  /** Of Gatekeeper, as in `package.json`. */
  readonly version: string
  readonly people: PeopleIndex
  /** The keys of now; after a change of our own: `await keys.reload()`. */
  readonly keys: KeyIndex
  /** Acts that were done and could not be recorded yet. */
  readonly lateRecords: Pick<LateRecords, 'isWaiting'>
  /** Aborted when the process is asked to end: streams without an end of their own end then. */
  readonly stopping: AbortSignal
  /** Asks the running gatekeeper; rejects with an error that has a `code` if it does not answer. */
  readonly askGatekeeper: AskGatekeeper
}
