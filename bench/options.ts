import { parseWords } from '../scripts/frame/parse-words.ts'
import { refusePositionals } from '../scripts/frame/words.ts'

export type BenchOptions = {
  readonly rounds: number
  /** How long a row is under load in one round: for 32 connections, and again for one. */
  readonly seconds: number
  /** No new round begins after this time. */
  readonly limitSeconds: number
  readonly streams: number
  readonly streamSeconds: number
  readonly startups: number
  readonly reloads: number
  /** Requests of each side in the comparison of 100,000 keys with 10. */
  readonly comparedRequests: number
  readonly jsonFile: string | null
  /** Downloads the peers and measures them too. */
  readonly hasPeers: boolean
  /** Measures many streams, large bodies and refusals instead of the table. */
  readonly isHeavy: boolean
  /** Measures the cost of access tokens instead of the table. */
  readonly isTokens: boolean
  /** Measures the console of a large installation instead of the table. */
  readonly isConsole: boolean
  /** Shows that the bench works, not how fast anything is. */
  readonly isQuick: boolean
  /** Only profiles the gatekeeper. */
  readonly isProfile: boolean
}

export const usage = `usage: npm run bench -- [--quick] [--rounds N] [--seconds N] [--limit-seconds N] [--json FILE] [--peers]
       npm run bench -- --heavy [--quick] [--json FILE]
       npm run bench -- --tokens [--rounds N] [--seconds N] [--json FILE]
       npm run bench -- --console [--quick] [--rounds N] [--seconds N] [--json FILE]
       npm run bench -- --profile [--seconds N]
  --quick            two short rounds: shows that the bench works, not how fast anything is
  --rounds N         number of interleaved rounds (10)
  --seconds N        load on a row in one round: with 32 connections, and again with one (0.8)
  --limit-seconds N  time limit; later rounds are left out (320, with peers 480)
  --peers            downloads other programs for the same job (once, some minutes) and measures them too
  --json FILE        also writes the figures to FILE
  --heavy            1,000 streams, large bodies and refusals, instead of the table
  --tokens           verifying and issuing access tokens, instead of the table
  --console          the admin API with 100,000 keys and 5 million lines of usage, instead of the table
  --profile          where the gatekeeper spends its time on checks and relayed requests`

const full = {
  ...{ rounds: 10, seconds: 0.8, limitSeconds: 320, streams: 200, streamSeconds: 4 },
  ...{ startups: 5, reloads: 4, comparedRequests: 1_500 },
}
const withPeers = { ...full, limitSeconds: 480 }
const quick = {
  ...{ rounds: 2, seconds: 0.3, limitSeconds: 60, streams: 50, streamSeconds: 1 },
  ...{ startups: 2, reloads: 2, comparedRequests: 200 },
}

/** Reads the command line; returns a string that describes what is wrong with it. */
export function parseOptions(words: readonly string[]): BenchOptions | string {
  try {
    const parsed = parseWords(words, {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'limit-seconds': { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      heavy: { type: 'boolean', default: false },
      tokens: { type: 'boolean', default: false },
      console: { type: 'boolean', default: false },
    })
    refusePositionals(parsed)
    const { values } = parsed
    const base = values.quick ? quick : values.peers ? withPeers : full
    return {
      ...base,
      rounds: Math.ceil(readNumber('--rounds', values.rounds, base.rounds)),
      seconds: readNumber('--seconds', values.seconds, values.profile ? 10 : base.seconds),
      limitSeconds: readNumber('--limit-seconds', values['limit-seconds'], base.limitSeconds),
      jsonFile: values.json ?? null,
      isProfile: values.profile,
      isHeavy: values.heavy,
      isTokens: values.tokens,
      isConsole: values.console,
      isQuick: values.quick,
      hasPeers: values.peers,
    }
  } catch (error) {
    return (error as Error).message
  }
}

function readNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 3_600) return value
  throw new Error(`${name} must be a number above 0 and at most 3600`)
}
