/** Settings of the console and its sign-in, as the admin process uses them. */

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
