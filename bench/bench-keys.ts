import { makeKey, type TestKey } from '../gatekeeper/test/support/keys.ts'

/** The key of a row. */
export type KeyName = 'plain' | 'limited' | 'spent' | 'elsewhere' | 'token'

export type BenchKeys = Readonly<Record<KeyName, TestKey>>

/**
 * `plain` has no limits. `limited` has one limit of each kind, and reaches none; its calendar
 * limits must be in the journal before a request continues. `spent` uses up its day with its first
 * request. `elsewhere` may use only another model. `token` is not a key: the setup replaces it with
 * the access token of a client.
 */
export function makeBenchKeys(): BenchKeys {
  return {
    plain: makeKey({ services: ['ollama', 'tts', 'openai'] }),
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
