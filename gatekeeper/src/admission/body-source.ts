import type { JsonBody } from '../lib/json/json-edit.ts'
import type { BodyFacts } from '../model/facts.ts'
import type { Reason } from '../model/reason.ts'

/** The body of a request that nobody has begun to read. */
export type BodySource = {
  /**
   * Reads it whole, unless it is longer than the limit, the client breaks off, or too many bytes
   * are held already. `holder` is whose bytes they are. Never rejects.
   */
  readonly read: (bytesMax: number, holder: string) => Promise<Buffer | Unread>
  /** Charges more bytes to the same holder, once `read` was called; false where none are left. */
  readonly take: (bytes: number) => boolean
  /** A signal that the client left, for whoever makes it wait. */
  readonly leaving: () => AbortSignal
  /** Told when all that it asks is decided, and what is left is to wait for a turn. */
  readonly onDecided?: () => void
}

/** What reading gave: the facts for the checks, and the body that the checks were about. */
export type ReadBody = { readonly facts: BodyFacts; readonly json: JsonBody | null }

/** Why a body could not be read, or is not to be. */
export type Unread = 'too-large' | 'aborted' | 'too-much-in-flight' | 'overloaded'

/** The reason for a body that was not read. */
export function reasonOfUnread(unread: Unread): Reason {
  return unread === 'too-large' || unread === 'aborted' ? `body-${unread}` : unread
}
