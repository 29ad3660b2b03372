/**
 * Sign-in at GitHub, which is no OpenID provider: OAuth with PKCE, and then `GET /user`. A person is
 * the number of the account: its name can change hands.
 */
import * as oidc from 'openid-client'
import { z } from 'zod'
import type { LoginProvider } from '../../../../gatekeeper/src/model/console-settings.ts'
import type { ProviderClient, ProviderDeps } from './provider-client.ts'

const account = z.object({ id: z.number().int().positive() })
const membership = z.object({ state: z.string() })

/** Returns the client of GitHub, or of an Enterprise Server at the issuer's address. */
export function createGithubClient(provider: LoginProvider, deps: ProviderDeps): ProviderClient {
  const { narrowedTo, issuer } = provider
  const configuration = configure(provider, deps)
  const ask = async (path: string, token: string) => {
    const url = new URL(`${apiOf(issuer)}${path}`)
    const fields = new Headers({
      accept: 'application/vnd.github+json',
      'user-agent': 'gatekeeper',
    })
    return await oidc.fetchProtectedResource(configuration, token, url, 'GET', null, fields)
  }
  const isMember = async (organization: string, token: string) => {
    const response = await ask(`/user/memberships/orgs/${encodeURIComponent(organization)}`, token)
    if (!response.ok) return false
    return membership.safeParse(await response.json()).data?.state === 'active'
  }
  return {
    // GitHub never says when a person signed in.
    canProveFresh: false,
    authorizationUrl: async ({ state, verifier }) =>
      oidc.buildAuthorizationUrl(configuration, {
        ...{ redirect_uri: deps.redirectUri, scope: scopeFor(narrowedTo), state },
        ...{ response_type: 'code', code_challenge_method: 'S256' },
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      }),
    identify: async (callback, { state, verifier }) => {
      const checks = { expectedState: state, pkceCodeVerifier: verifier }
      const { access_token: token } = await oidc.authorizationCodeGrant(
        configuration,
        callback,
        checks,
      )
      const response = await ask('/user', token)
      if (!response.ok) throw new Error('GitHub did not say whose account it is')
      const { id } = account.parse(await response.json())
      const mayClaim = narrowedTo === null || (await isMember(narrowedTo, token))
      return { subject: String(id), mayClaim, authenticatedAt: null, ruled: null }
    },
  }
}

/** The membership of an organization may be private. */
const scopeFor = (organization: string | null) =>
  organization === null ? 'read:user' : 'read:user read:org'

/**
 * Made by hand: GitHub has no discovery document. Its answers name `/login/oauth` as issuer, and those
 * of older Enterprise Servers name none, so that none is required.
 */
function configure(
  { issuer, clientId, clientSecret }: LoginProvider,
  { fetch }: ProviderDeps,
): oidc.Configuration {
  const base = `${issuer.replace(/\/$/, '')}/login/oauth`
  const configuration = new oidc.Configuration(
    {
      issuer: base,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/access_token`,
    },
    clientId,
    undefined,
    oidc.ClientSecretPost(clientSecret),
  )
  configuration[oidc.customFetch] = fetch as oidc.CustomFetch
  if (issuer.startsWith('http:')) oidc.allowInsecureRequests(configuration)
  return configuration
}

function apiOf(issuer: string): string {
  const base = issuer.replace(/\/$/, '')
  return base === 'https://github.com' ? 'https://api.github.com' : `${base}/api/v3`
}
