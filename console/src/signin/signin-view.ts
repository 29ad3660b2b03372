/** How people may sign in here, as the API says. */
export type SigninView = {
  readonly passkey: {
    readonly rpId: string
    readonly rpName: string
    readonly isPossible: boolean
  }
  readonly providers: readonly Provider[]
  readonly isFirstRun: boolean
}

export type Provider = {
  readonly name: string
  readonly title: string
  /** The address to register at the provider. */
  readonly callback: string
}
