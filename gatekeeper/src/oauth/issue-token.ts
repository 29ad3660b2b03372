import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { labelClaim } from '../model/app.ts'
import { type Narrowing, narrowingClaim } from '../model/narrowing.ts'
import type { Role } from '../model/principal.ts'
import { audienceOf, type TokenClass, tokenClasses } from '../model/token-class.ts'
import type { Signer } from './signing-keys.ts'

export type TokenRequest = {
  readonly tokenClass: TokenClass
  readonly subject: string
  readonly clientId: string
  readonly role: Role
  readonly scopes: readonly string[]
  readonly ttlSeconds: number
  readonly narrowing: Narrowing | null
  /** How a public app names its user. */
  readonly label?: string
  /** Further claims of the class. */
  readonly further?: Readonly<Record<string, string>>
}

export type IssuedToken = {
  readonly token: string
  readonly tokenId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export type IssueDeps = {
  readonly signer: Signer
  /** Our issuer name. The audience is made from it: the tokens are for us only. */
  readonly issuer: string
  readonly clock: Clock
}

/** Signs an access token of one class (RFC 9068 §2). */
export async function issueToken(request: TokenRequest, deps: IssueDeps): Promise<IssuedToken> {
  const now = deps.clock() / 1000
  // With its milliseconds (RFC 7519 §2) for users of apps: who logs out and in again within a second
  // must not hold a token that counts as an earlier one.
  const issuedAt = request.tokenClass === 'bridge' ? now : Math.floor(now)
  const expiresAt = Math.floor(issuedAt) + request.ttlSeconds
  const tokenId = randomUUID()
  const { tokenClass } = request
  const { algorithm, kid, key } = deps.signer
  const token = await new SignJWT({
    client_id: request.clientId,
    role: request.role,
    scope: request.scopes.join(' '),
    ...(request.narrowing !== null && { [narrowingClaim]: request.narrowing }),
    ...(request.label !== undefined && { [labelClaim]: request.label }),
    ...request.further,
  })
    .setProtectedHeader({ alg: algorithm, kid, typ: tokenClasses[tokenClass].type })
    .setIssuer(deps.issuer)
    // As one text: a list could name the audiences of two classes.
    .setAudience(audienceOf(tokenClass, deps.issuer))
    .setSubject(request.subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .setJti(tokenId)
    .sign(key)
  return { token, tokenId, expiresAt: expiresAt * 1000 }
}
