import type { JsonBody } from '../lib/json/json-edit.ts'
import type { BodyFacts } from '../model/facts.ts'
import type { Reason } from '../model/reason.ts'

/** The body of a request, not read yet. */
export type BodySource = {
  /**
   * Reads the whole body. Resolves to a reason if it is longer than the limit, the client breaks
   * off, or too many bytes are held already. `holder` is charged for the bytes. Never rejects.
   */
  readonly read: (bytesMax: number, holder: string) => Promise<Buffer | Unread>
  /** Charges more bytes to the same holder, after `read` was called; false if none are left. */
  readonly take: (bytes: number) => boolean
  /** Returns a signal that fires when the client leaves, for code that makes it wait. */
  readonly leaving: () => AbortSignal
  /** Called after the decision, when the request only has to wait for its turn. */
  readonly onDecided?: () => void
}

/** A body that was read: the facts for the checks, and the JSON that the checks were about. */
export type ReadBody = { readonly facts: BodyFacts; readonly json: JsonBody | null }

/** Why a body was not read. */
export type Unread = 'too-large' | 'aborted' | 'too-much-in-flight' | 'overloaded'

/** Returns the reason for a body that was not read. */
export function reasonOfUnread(unread: Unread): Reason {
  return unread === 'too-large' || unread === 'aborted' ? `body-${unread}` : unread
}
