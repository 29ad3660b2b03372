/** Apps: clients whose users get tokens for the providers. Words that several rooms share. */

/** What an app's users may do, as `clients.json` says. A quota of null is none, 0 allows nothing. */
export type App = {
  /** Whether it cannot hold a secret: anybody gets a token, and a user id is only a label. */
  readonly public: boolean
  /** Lifetime of its users' tokens; those of a public app last an hour. */
  readonly tokenDays: number
  /** Requests that each user may make in a day and in a month of the calendar. */
  readonly dailyQuota: number | null
  readonly monthlyQuota: number | null
  /** Requests of all its users together in a day; a public app always has it. */
  readonly totalPerDay: number | null
  /** Web origins that its tokens may be used from; empty leaves it to the service. */
  readonly origins: readonly string[]
  /** Whether requests without an Origin field pass: phones and servers send none. */
  readonly allowNoOrigin: boolean
  /** Names of providers; an empty list means all that are configured. */
  readonly providers: readonly string[]
  readonly models: readonly string[]
}

/** What `users.json` says about one user of an app; a missing quota is the app's. */
export type UserException = {
  readonly dailyQuota?: number | null | undefined
  readonly monthlyQuota?: number | null | undefined
  readonly disabled: boolean
  /** Epoch milliseconds; null if nobody wrote it down. */
  readonly createdAt: number | null
}

/** The claim of a token in which a public app's name for its user stands; others lack it. */
export const labelClaim = 'label'

/** The most requests that a quota can be; far below what a number can count exactly. */
export const quotaMax = 1_000_000_000

export const tokenDaysMax = 90

/** Ids that `/auth/token` accepts have so many characters at least, and at most. */
export const idChars = { min: 3, max: 128 } as const

/** Returns whether the text can name a user: 3 to 128 characters, none of them a control character. */
export function isUserId(text: string): boolean {
  const isLong = text.length >= idChars.min && text.length <= idChars.max
  return isLong && text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/**
 * Returns the one name of a user among those of all apps. No app's id contains a colon, so the first
 * one ends it, and no two users share a name.
 */
export function userNameOf(appId: string, userId: string): string {
  return `${appId}:${userId}`
}

/** Returns the app's id and the user's; null if the text is not the name of a user. */
export function readUserName(text: string): { appId: string; userId: string } | null {
  const colon = text.indexOf(':')
  return colon < 1 ? null : { appId: text.slice(0, colon), userId: text.slice(colon + 1) }
}
