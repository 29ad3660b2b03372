import { makeKey, type TestKey } from '../gatekeeper/test/support/keys.ts'

/** Whose request a row is. */
export type KeyName = 'plain' | 'limited' | 'spent' | 'elsewhere' | 'token'

export type BenchKeys = Readonly<Record<KeyName, TestKey>>

/**
 * `plain` has no limits. `limited` has one of every kind, none of which is ever reached, and those
 * of the calendar have to be in the journal before a request goes on. `spent` has used up its day
 * with its first request. `elsewhere` may use another model only. `token` is no key: the house puts
 * the access token of a client in its place.
 */
export function makeBenchKeys(): BenchKeys {
  return {
    plain: makeKey(),
    limited: makeKey({
      limits: [
        ...['900000/min', '1000m/day', '100000m-tokens/day', '1000000usd/month'],
        ...['5000-concurrent', '1m-prompt-bytes', '100k-output-tokens'],
      ],
      models: ['tiny*', 'whisper*'],
    }),
    spent: makeKey({ limits: ['1/day'] }),
    elsewhere: makeKey({ models: ['other:*'] }),
    token: makeKey(),
  }
}
