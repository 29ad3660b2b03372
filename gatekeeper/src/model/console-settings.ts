/** Settings of the console and its sign-in, as the admin process uses them. */
import type { PersonRole } from './person.ts'
import type { Role } from './principal.ts'

/** Whom a provider's claims make a person without an invitation, as an operator wrote it. */
export type LoginRule = {
  /** Every claim must have one of its values. */
  readonly when: Readonly<Record<string, readonly string[]>>
  /** Never owner: only an owner or the command line makes one. */
  readonly role: Exclude<PersonRole, 'owner'>
  /** As in `people.json`; null gives no service. */
  readonly access: {
    readonly role: Role
    readonly services: readonly string[]
    readonly models: readonly string[]
    readonly limits: readonly string[]
  } | null
}

/** A provider at which people may sign in. */
export type LoginProvider = {
  /** In addresses and in `logins` of people: `github`, `google`, or the name in gatekeeper.yaml. */
  readonly name: string
  /** On the button. */
  readonly title: string
  readonly kind: 'github' | 'google' | 'openid'
  /** The address of the provider's issuer; for GitHub the address of its site. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
  /** Who may claim an invitation: the organization at GitHub, or the domain of a Workspace. */
  readonly narrowedTo: string | null
  /** The first that matches counts; none if it is missing. */
  readonly rules?: readonly LoginRule[]
  /** The claim that names a person made by a rule. */
  readonly nameClaim?: string
}

export type ConsoleSettings = {
  /** The origin of the console: `https://console.localhost:8444`. */
  readonly origin: string
  readonly passkey: {
    /** A host name: the console's or a parent domain of it. */
    readonly rpId: string
    readonly rpName: string
    /** False on a bare address, where browsers make no passkeys. */
    readonly isPossible: boolean
  }
  readonly providers: readonly LoginProvider[]
}
