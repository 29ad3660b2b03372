/**
 * Who gets a token for the chat widget, without its HTTP. A refusal is a RefusedError. Nothing of a
 * request is logged here.
 */
import { isSameOrigin } from '../model/origin.ts'
import { RefusedError } from '../model/refused-error.ts'
import type { OpenLimiter } from './open-limiter.ts'
import type { OriginGrant } from './origin-grant.ts'
import type { Challenges, ChallengeView, Shown } from './widget-challenge.ts'

/** What a browser states of the page that asks, and where it asks from. */
export type PageRequest = {
  readonly origin: string | null
  readonly referer: string | null
  readonly fetchSite: string | null
  readonly host: string
  readonly clientAddress: string
}

export type WidgetTokensDeps = {
  readonly grant: OriginGrant
  readonly origins: readonly string[]
  readonly challenge: Challenges
  /** Counts new tokens; null if they are not bounded. */
  readonly limiter: OpenLimiter | null
  /** Seconds until an address has a token left again. */
  readonly retryAfterSeconds: number
  /**
   * Returns the user of a token of the page's own sign-in; null if no issuer for that is configured,
   * or the token is not valid.
   */
  readonly findUser: (token: string) => Promise<string | null>
}

export type WidgetTokens = {
  /** Throws a RefusedError unless the page may have a token. */
  readonly judgePage: (page: PageRequest) => string
  /** `shown` is what the page sent, with the solution of a challenge if there is one. */
  readonly issue: (page: PageRequest, shown: Shown) => Promise<string>
  /** Returns what a page has to do before it gets a token. */
  readonly challenge: (page: PageRequest) => ChallengeView
  /** Issues a token for the user of another token. */
  readonly exchange: (page: PageRequest, token: string) => Promise<string>
}

export function createWidgetTokens(deps: WidgetTokensDeps): WidgetTokens {
  const judgePage = (page: PageRequest) => {
    const origin = originOf(page, deps.origins)
    if (origin === null) throw new RefusedError('origin-not-allowed')
    return origin
  }
  const take = ({ clientAddress }: PageRequest) => {
    if (deps.limiter === null || deps.limiter.take(clientAddress)) return
    const { retryAfterSeconds } = deps
    throw new RefusedError('rate-limited', { ...tooMany, retryAfterSeconds })
  }
  return {
    judgePage,
    challenge: (page) => deps.challenge.describe(judgePage(page)),
    issue: async (page, shown) => {
      const origin = judgePage(page)
      // Before the solution is looked at, which may be a call to another company.
      take(page)
      if (!(await deps.challenge.isSolved(shown, origin))) {
        throw new RefusedError('challenge-unsolved')
      }
      return await deps.grant(origin)
    },
    exchange: async (page, token) => {
      const origin = judgePage(page)
      take(page)
      const user = await deps.findUser(token)
      // A failure never becomes a token of nobody: the page would not see that its user is lost.
      if (user === null) throw new RefusedError('malformed-token')
      return await deps.grant(origin, user)
    },
  }
}

const tooMany = { text: 'Too many new tokens.', param: null }

/**
 * Returns the origin of the page; null if it is not listed. A browser sends none with a GET of our
 * own site's pages, and says that it is one; a Referer, where it sends one, must not contradict.
 */
function originOf(page: PageRequest, origins: readonly string[]): string | null {
  const { origin, host, fetchSite, referer } = page
  const own = `https://${host.toLowerCase().replace(/:443$/, '')}`
  const stated = origin ?? (fetchSite === 'same-origin' ? own : null)
  if (stated === null) return null
  if (!origins.includes(stated) && !isSameOrigin(stated, host)) return null
  return referer === null || originOfUrl(referer) === stated ? stated : null
}

function originOfUrl(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null
}
