import type { Person, PersonRole } from '../../../gatekeeper/src/model/person.ts'

/** Who calls the admin API, as found for this request: rights are those of now. */
export type Caller = {
  /** `person:ID`, or `client:ID` for a token of class admin. */
  readonly id: string
  readonly name: string
  readonly role: PersonRole
  /** Null for whoever is of no team. */
  readonly team: string | null
  /** Null for a client. */
  readonly person: Person | null
  /** Null for a client. */
  readonly session: CallerSession | null
}

export type CallerSession = {
  /** The public id of the session; its two secret halves are stored as hashes alone. */
  readonly id: string
  /** When the person last proved who they are, epoch milliseconds. */
  readonly authenticatedAt: number
}
