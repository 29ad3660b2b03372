import type { Reason } from '../model/reason.ts'

/** Why a body could not be read, or is not to be. */
export type Unread = 'too-large' | 'aborted' | 'too-much-in-flight' | 'overloaded'

export function reasonOfUnread(unread: Unread): Reason {
  return unread === 'too-large' || unread === 'aborted' ? `body-${unread}` : unread
}
