/** Rules of an operator about client addresses (`rules.json`). */
export type AddressRule = {
  readonly id: string
  /** An address or CIDR range, as `normalizeRange` writes it. */
  readonly ip: string
  readonly type: 'allow' | 'deny'
  /** Why it was made; null if nobody said so. */
  readonly reason: string | null
  readonly active: boolean
  /** The app whose requests it is about; null with `user` null means every request. */
  readonly app: string | null
  /** The user whose requests it is about, within `app` if that is given. */
  readonly user: string | null
  readonly addedBy: string | null
  /** Epoch milliseconds; null if the file does not say. */
  readonly createdAt: number | null
}

/** Whose request it is, as far as that is known. `user` is that of the principal. */
export type RuledCaller = { readonly app: string | null; readonly user: string | null }

/** Throws a RefusedError if a rule for the caller refuses the address. */
export type RefuseAddress = (address: string, caller: RuledCaller) => void

/** The active rules, as one snapshot. */
export type AddressRules = {
  /** Returns a rule for every request that refuses the address; null if none does. */
  readonly findRefusing: (address: string) => AddressRule | null
  /** The same with the rules for the app and the user of the caller alone. */
  readonly findRefusingCaller: (address: string, caller: RuledCaller) => AddressRule | null
}
