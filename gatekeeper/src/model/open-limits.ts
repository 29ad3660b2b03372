/**
 * The bounds of every endpoint that needs no credential of a caller, one row each. A test compares
 * the rows with the tables of endpoints. What a row bounds are the calls that prove nothing: failed
 * proofs, and calls of public apps.
 */
import type { Rate } from '../lib/load/rate-limiter.ts'
import type { QuotaLimit } from './limit.ts'

export type OpenLimit = {
  /** The rate for one address, or one /64, or the setting of it. */
  readonly address: 'attempts' | 'bridge.tokensPerAddress' | QuotaLimit
  /** How many times as much a /24 or a /48 may do; null if only its addresses are counted. */
  readonly networkTimes: number | null
  /** All callers together; null if they are not counted together. */
  readonly everybody: Rate | null
  /** What is counted by name, in words; null if no name is. */
  readonly name: string | null
  /**
   * Beyond the row: `refused`, or `proof-passes` if a caller whose proof cannot be guessed is still
   * let in, so that a stranger at its address does not lock it out.
   */
  readonly beyond: 'refused' | 'proof-passes'
}

const perMinute = (amount: number): Rate => ({ burst: amount, perMinute: amount })

/** A proven app asks for all its users from one address, so it is counted by its id. */
export const tokensPerApp = perMinute(600)

/** What the users of public apps at one address may ask about their tokens. */
export const publicUserCalls = perMinute(60)

/** One tool asks for a public document once; a page that shows it asks at each visit. */
export const documentsPerAddress: QuotaLimit = {
  ...{ kind: 'quota', text: '60/min', amount: 60, unit: 'requests', burst: null },
  ...{ period: 'minute', every: 1 },
}

const ofClients: OpenLimit = {
  address: 'attempts',
  networkTimes: null,
  everybody: null,
  name: 'client and address, at the same rate',
  beyond: 'refused',
}

export const openLimits = {
  '/auth/token': {
    address: 'bridge.tokensPerAddress',
    networkTimes: 10,
    everybody: perMinute(600),
    name: 'a proven app: 600 a minute',
    beyond: 'proof-passes',
  },
  '/oauth/token': ofClients,
  '/oauth/introspect': ofClients,
  '/oauth/revoke': ofClients,
  '/openapi.json': {
    address: documentsPerAddress,
    networkTimes: null,
    everybody: null,
    name: null,
    beyond: 'refused',
  },
} as const satisfies Readonly<Record<string, OpenLimit>>
