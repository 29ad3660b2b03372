import type { PersonRole } from '../../../gatekeeper/src/model/person.ts'
import type { Caller } from './caller.ts'

/** What a caller may see and change. */
export type Scope = {
  /** Whether everything is seen; otherwise only what belongs to the person. */
  readonly seesAll: boolean
  readonly changesAll: boolean
  /** Null for a client. */
  readonly personId: string | null
  /** The user of this person's keys; null for a client. */
  readonly userName: string | null
}

const sees: Readonly<Record<PersonRole, boolean>> = {
  ...{ owner: true, admin: true, auditor: true, member: false },
}
const changes: Readonly<Record<PersonRole, boolean>> = {
  ...{ owner: true, admin: true, auditor: false, member: false },
}

/**
 * Returns the scope of a caller. Every handler filters through it, and what is outside is answered
 * exactly like something that does not exist.
 */
export function scopeOf({ role, person }: Caller): Scope {
  return {
    seesAll: sees[role],
    changesAll: changes[role],
    personId: person?.id ?? null,
    userName: person?.name ?? null,
  }
}
