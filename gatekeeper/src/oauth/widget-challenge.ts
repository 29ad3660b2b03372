/**
 * What a page has to do before a visitor gets a token: compute something, or pass the check of
 * another company. It makes tokens dearer for whoever wants many, and bounds nothing by itself.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { isSameSecret } from '../lib/constant-time.ts'
import { isObject } from '../lib/json/is-object.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import { createUsedOnce } from '../lib/load/used-once.ts'
import { RefusedError } from '../model/refused-error.ts'
import type { WidgetChallenge } from '../model/widget.ts'

/** What a page is told. */
export type ChallengeView =
  | { readonly kind: 'none' }
  | { readonly kind: 'proof-of-work'; readonly challenge: string; readonly bits: number }
  | { readonly kind: 'siteverify'; readonly siteKey: string }

/** What a page sends with its request for a token. */
export type Shown = {
  readonly challenge?: string | undefined
  readonly solution?: string | undefined
}

export type Challenges = {
  readonly describe: (origin: string) => ChallengeView
  /** Throws a RefusedError if that cannot be found out. */
  readonly isSolved: (shown: Shown, origin: string) => Promise<boolean>
}

export type ChallengeDeps = {
  readonly clock: Clock
  readonly postForm: (url: string, form: URLSearchParams) => Promise<string>
}

export function createChallenges(
  challenge: WidgetChallenge | null,
  deps: ChallengeDeps,
): Challenges {
  if (challenge === null) {
    return { describe: () => ({ kind: 'none' }), isSolved: () => Promise.resolve(true) }
  }
  return challenge.kind === 'siteverify'
    ? createSiteVerify(challenge, deps)
    : createProofOfWork(challenge.bits, deps.clock)
}

/** A computer has this long to find the solution, and to ask for the token. */
const lifetimeMs = 120_000
const solutionCharsMax = 64

/**
 * The page looks for a text such that the SHA-256 of `CHALLENGE:TEXT` begins with so many zero bits.
 * A challenge is a random text with its end, signed for the origin of the page: nothing is kept of it
 * until it is solved, and then only so that it is solved once.
 */
function createProofOfWork(bits: number, clock: Clock): Challenges {
  const key = randomBytes(32)
  const used = createUsedOnce(lifetimeMs, clock)
  const sign = (text: string, origin: string) =>
    createHmac('sha256', key).update(`${text} ${origin}`).digest('base64url')
  return {
    describe: (origin) => {
      const text = `${randomBytes(16).toString('base64url')}.${clock() + lifetimeMs}`
      return { kind: 'proof-of-work', challenge: `${text}.${sign(text, origin)}`, bits }
    },
    isSolved: async ({ challenge = '', solution = '' }, origin) => {
      const [random = '', endsAt = '', mac = '', ...rest] = challenge.split('.')
      if (rest.length > 0 || solution.length > solutionCharsMax) return false
      if (!isSameSecret(mac, sign(`${random}.${endsAt}`, origin))) return false
      if (Number(endsAt) <= clock() || zeroBits(`${challenge}:${solution}`) < bits) return false
      return used.take(random) === null
    },
  }
}

/** Returns with how many zero bits the SHA-256 of a text begins. */
function zeroBits(text: string): number {
  const digest = createHash('sha256').update(text).digest()
  const at = digest.findIndex((byte) => byte !== 0)
  return at === -1 ? digest.length * 8 : at * 8 + Math.clz32(digest[at] as number) - 24
}

const responseCharsMax = 8 * 1024

/** The form that Turnstile and hCaptcha share. The visitor's address is not passed on. */
function createSiteVerify(
  { url, secret, siteKey }: Extract<WidgetChallenge, { kind: 'siteverify' }>,
  { postForm }: ChallengeDeps,
): Challenges {
  return {
    describe: () => ({ kind: 'siteverify', siteKey }),
    isSolved: async ({ solution = '' }, origin) => {
      if (solution === '' || solution.length > responseCharsMax) return false
      const form = new URLSearchParams({ secret, response: solution })
      // Without its answer nobody knows, and an error may repeat the form.
      const text = await postForm(url, form).catch(() => {
        throw new RefusedError('check-failed')
      })
      const answer = parseJson(text)
      if (!isObject(answer) || answer['success'] !== true) return false
      // A solution for another page of the same account does not count.
      const { hostname } = answer
      return hostname === undefined || hostname === '' || hostname === new URL(origin).hostname
    },
  }
}
