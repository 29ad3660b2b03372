import { ownIssuerName } from '../config/site-address.ts'
import { rateOf } from '../model/limit.ts'
import { openLimits } from '../model/open-limits.ts'
import { createOpenLimiter } from '../oauth/open-limiter.ts'
import { createOriginGrant } from '../oauth/origin-grant.ts'
import { createChallenges } from '../oauth/widget-challenge.ts'
import { createWidgetTokens, type WidgetTokens } from '../oauth/widget-tokens.ts'
import type { AppDeps } from './app-deps.ts'
import type { Opened } from './open-parts.ts'

/** Creates what issues tokens to pages with the chat widget; null if there is none. */
export function openWidgetTokens(
  { settings, services, issuers: entries, clock }: AppDeps,
  { signing, issuers, widget }: Pick<Opened, 'signing' | 'issuers' | 'widget'>,
): WidgetTokens | null {
  const service = services.find(({ widget }) => widget !== undefined)
  if (service?.widget === undefined) return null
  const { newTokens } = service.widget
  const rate = newTokens && rateOf(newTokens)
  const issuer = ownIssuerName(settings)
  const ofWidget = entries.filter((entry) => entry.widget).map((entry) => entry.issuer)
  return createWidgetTokens({
    grant: createOriginGrant({
      ...{ issuer, clock, signingKeys: signing },
      secret: settings.widget.secret,
    }),
    origins: service.origins,
    challenge: createChallenges(service.widget.challenge, { clock, postForm: widget.postForm }),
    limiter: rate && createOpenLimiter(openLimits['/widget/api/tokens'], rate),
    retryAfterSeconds: Math.ceil(60 / (rate?.perMinute ?? 60)),
    findUser: async (token) => {
      if (ofWidget.length === 0) return null
      const verified = await issuers.verify(token, 'house')
      if (typeof verified === 'string' || !ofWidget.includes(verified.issuer.issuer)) return null
      return `${verified.issuer.issuer}#${verified.claims.subject}`
    },
  })
}
