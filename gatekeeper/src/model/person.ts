import type { Limit } from './limit.ts'
import type { Principal, Role } from './principal.ts'
import type { Reason } from './reason.ts'

/** What a person may do in the console. It gives no access to any service. */
export const personRoles = ['owner', 'admin', 'auditor', 'member'] as const
export type PersonRole = (typeof personRoles)[number]

/** What a person may use: the bound of all keys and clients that this person made. */
export type PersonAccess = {
  readonly role: Role
  readonly services: readonly string[]
  /** Patterns of models; an empty list means no restriction. */
  readonly models: readonly string[]
  /** Counted over all keys of the person together. */
  readonly limits: readonly Limit[]
}

/** An account at a login provider that may sign in as this person. */
export type PersonLogin = { readonly provider: string; readonly subject: string }

/** A person of `people.json`. */
export type Person = {
  /** 10 characters of base 36, as in ids of keys. */
  readonly id: string
  /** As in `user` of this person's keys; unique, and never changed. */
  readonly name: string
  readonly title: string | null
  /** The name of their team; null if they are of none, as every owner. */
  readonly team: string | null
  readonly role: PersonRole
  readonly disabled: boolean
  /** The address that services are told; only owners and admins set it. */
  readonly serviceEmail: string | null
  /** Null gives no service, as shipped. */
  readonly access: PersonAccess | null
  readonly logins: readonly PersonLogin[]
  /** Epoch milliseconds. */
  readonly createdAt: number | null
}

/**
 * Narrows the principal of a key or client to the access that its maker has now: `madeBy` is the id of
 * a person. Returns the reason if that person is gone, disabled or without access.
 */
export type BoundByMaker = (principal: Principal, madeBy: string | null) => Principal | Reason

/** For where no people are known: what a person made is refused. */
export const boundByNobody: BoundByMaker = (principal, madeBy) =>
  madeBy === null ? principal : 'unknown-person'
