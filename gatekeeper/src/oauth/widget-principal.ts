/** Returns the principal of a visitor: the token says the origin and the subject, and nothing else. */
import type { Clock } from '../lib/clock.ts'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import {
  originClaim,
  sharedIssuer,
  type WidgetRules,
  widgetName,
  widgetTokenSeconds,
} from '../model/widget.ts'

/** A valid token of the class widget. Instants are epoch milliseconds. */
type VerifiedVisit = {
  readonly issuer: { readonly issuer: string }
  readonly token: {
    readonly header: { readonly kid: string | null }
    readonly claims: Readonly<Record<string, unknown>>
  }
  readonly claims: {
    readonly subject: string
    readonly expiresAt: number
    readonly issuedAt: number | null
    readonly tokenId: string | null
  }
}

type Rules = Pick<WidgetRules, 'model' | 'perSubject'>

const subjectCharsMax = 400

/** Returns a function that finds the principal of a token; a reason if the token is not one of ours. */
export function createVisitorFinder(
  rules: Rules,
  clock: Clock,
): (verified: VerifiedVisit) => Principal | Reason {
  return ({ issuer, token, claims }) => {
    const origin = token.claims[originClaim]
    const { subject, expiresAt, issuedAt, tokenId } = claims
    if (typeof origin !== 'string' || origin === '' || issuedAt === null) return 'malformed-token'
    if (subject.length > subjectCharsMax) return 'malformed-token'
    // Whoever else has the secret may not make tokens that last.
    const isLong = expiresAt - Math.min(issuedAt, clock()) > widgetTokenSeconds * 1000
    if (isLong || (issuer.issuer === sharedIssuer && token.header.kid !== null)) {
      return 'malformed-token'
    }
    const id = `widget:${subject}`
    return {
      ...anonymous,
      ...{ id, kind: 'widget', user: id, role: 'readwrite', services: [widgetName] },
      // The operator chose the model by its name, wherever it runs.
      cloudModels: rules.model === null ? null : true,
      limits: rules.perSubject,
      origins: [origin],
      expiresAt,
      visit: { tokenId, issuedAt },
    }
  }
}
