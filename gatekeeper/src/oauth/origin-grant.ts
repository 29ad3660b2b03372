/**
 * Tokens for the visitors of pages with the chat widget: nothing is proven but the web origin that a
 * browser states, which keeps other pages out and not other programs. The token says for which origin
 * it was made, and the address, the network and the budget bound what it is worth.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { sharedAlgorithm } from '../model/algorithm.ts'
import { RefusedError } from '../model/refused-error.ts'
import { audienceOf, tokenClasses } from '../model/token-class.ts'
import { originClaim, sharedIssuer, widgetName, widgetTokenSeconds } from '../model/widget.ts'
import { issueToken } from './issue-token.ts'
import type { SigningKeys } from './signing-keys.ts'

export type OriginGrantDeps = {
  /** Our issuer name. */
  readonly issuer: string
  readonly signingKeys: Pick<SigningKeys, 'signer'>
  /** The secret that signs instead of our keys; null if none is set. */
  readonly secret: string | null
  readonly clock: Clock
}

/** Issues a token for a page of this origin; `user` is whose limits it has, by default nobody's. */
export type OriginGrant = (origin: string, user?: string) => Promise<string>

/** Returns the function that issues tokens. It throws a RefusedError if none can be signed. */
export function createOriginGrant(deps: OriginGrantDeps): OriginGrant {
  return async (origin, user) => {
    // What a page says of its user proves nothing, so a subject of our own is random.
    const subject = user ?? randomBytes(16).toString('base64url')
    if (deps.secret !== null) return await signShared({ subject, origin }, deps.secret, deps)
    const signer = deps.signingKeys.signer()
    if (signer === null) throw new RefusedError('check-failed')
    const { token } = await issueToken(
      {
        ...{ tokenClass: 'widget', subject, clientId: widgetName, role: 'readwrite', scopes: [] },
        ...{ ttlSeconds: widgetTokenSeconds, narrowing: null, further: { [originClaim]: origin } },
      },
      { signer, issuer: deps.issuer, clock: deps.clock },
    )
    return token
  }
}

/** The form that other programs with the secret use, too. */
async function signShared(
  { subject, origin }: { readonly subject: string; readonly origin: string },
  secret: string,
  { issuer, clock }: Pick<OriginGrantDeps, 'issuer' | 'clock'>,
): Promise<string> {
  const issuedAt = Math.floor(clock() / 1000)
  return await new SignJWT({ [originClaim]: origin })
    .setProtectedHeader({ alg: sharedAlgorithm, typ: tokenClasses.widget.type })
    .setIssuer(sharedIssuer)
    .setAudience(audienceOf('widget', issuer))
    .setSubject(subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + widgetTokenSeconds)
    .setJti(randomUUID())
    .sign(Buffer.from(secret, 'utf8'))
}
