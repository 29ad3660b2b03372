/**
 * Finds the holder of a credential that is sent to the authorization server, and describes tokens.
 * Verifying is done by `access-tokens/`, whose functions are passed in.
 */
import { isToken } from '../model/credential-form.ts'
import type { Parent } from '../model/narrowing.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { type TokenClass, tokenClassNames } from '../model/token-class.ts'
import type { AuthorizationServerDeps } from './authorization-server.ts'
import { defaultScopes } from './client.ts'

/** A token that is valid now. Instants are epoch milliseconds. */
export type ValidToken = {
  readonly issuer: string
  readonly subject: string
  readonly clientId: string | null
  readonly tokenId: string | null
  readonly expiresAt: number
  /** The claims as the token has them. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly scopes: readonly string[]
  /** The data to find its holder again. */
  readonly parent: Parent
  /** Its holder; a reason if its client, key or rule is gone. */
  readonly principal: Principal | Reason
}

export type HeldTokensDeps = {
  /** Whether tokens with this issuer name are ours. */
  readonly isOwnIssuer: (issuer: string) => boolean
  /** Judges an API key or a token of the class house, and counts bad ones by address. */
  readonly authenticate: (
    credential: string,
    clientAddress: string,
  ) => Principal | Reason | Promise<Principal | Reason>
  /** Returns null if the token is not valid, or is of another class. */
  readonly inspectToken: (token: string, tokenClass: TokenClass) => Promise<ValidToken | null>
}

type HeldTokens = Pick<AuthorizationServerDeps, 'findSubject' | 'introspectToken' | 'findOwnToken'>

export function createHeldTokens(deps: HeldTokensDeps): HeldTokens {
  return {
    findSubject: async (credential, address) => {
      const principal = await deps.authenticate(credential, address)
      if (typeof principal === 'string') return null
      if (!isToken(credential)) {
        return { principal, parent: parentOfKey(principal), scopes: defaultScopes }
      }
      // An exchange gives a token of the class house, so nothing of another class may lead to it.
      const token = await deps.inspectToken(credential, 'house')
      return token && { principal, parent: token.parent, scopes: token.scopes }
    },
    introspectToken: async (text) => describe(await deps.inspectToken(text, 'house')),
    findOwnToken: async (text) => {
      // Of any class: revoking only takes rights away, and 200 for a token that stays valid would
      // be a lie.
      const inspected = tokenClassNames.map((name) => deps.inspectToken(text, name))
      const token = (await Promise.all(inspected)).find(
        (found) => found !== null && deps.isOwnIssuer(found.issuer),
      )
      if (!token || token.tokenId === null) return null
      const { issuer, tokenId, clientId, subject, expiresAt } = token
      return { issuer, tokenId, clientId: clientId ?? subject, expiresAt }
    },
  }
}

function parentOfKey({ id }: Principal): Parent {
  return { kind: 'key', id: id.replace(/^key:/, '') }
}

const introspected = ['scope', 'client_id', 'exp', 'iat', 'nbf', 'sub', 'aud', 'iss', 'jti']

/** RFC 7662 §2.2. A token whose client or parent is gone is not active, whatever it says. */
function describe(token: ValidToken | null) {
  if (token === null || typeof token.principal === 'string') return null
  const { claims, principal } = token
  const said = introspected.filter((name) => claims[name] !== undefined)
  return {
    ...Object.fromEntries(said.map((name) => [name, claims[name]])),
    token_type: 'Bearer',
    username: principal.user,
    role: principal.role,
    services: principal.services,
  }
}
