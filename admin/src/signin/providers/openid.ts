/**
 * Sign-in at any OpenID provider: the authorization code with PKCE (S256), state and nonce. Google is
 * one whose accounts may be narrowed to the domain of a Workspace, which is a claim and not the end of
 * an e-mail address.
 */
import * as oidc from 'openid-client'
import type { LoginProvider } from '../../../../gatekeeper/src/model/console-settings.ts'
import type { LoginMemory, ProviderClient, ProviderDeps } from './provider-client.ts'

/** How long a discovery document counts. */
const discoveryMs = 3_600_000

/** How old a sign-in may be by the provider's own clock; the caller compares it with its start. */
const maxAgeSeconds = 600

/** At most 255 characters of ASCII (OpenID Connect Core 1.0, §2), of which not all are blanks. */
const subjectForm = /^(?=.*\S)[\x20-\x7e]{1,255}$/

/** Returns the client of one provider. */
export function createOpenidClient(provider: LoginProvider, deps: ProviderDeps): ProviderClient {
  const discover = createDiscovery(provider, deps)
  const { scopes, kind, narrowedTo } = provider
  return {
    canProveFresh: true,
    authorizationUrl: async ({ state, nonce, verifier, isFresh }) =>
      oidc.buildAuthorizationUrl(await discover(), {
        ...{ redirect_uri: deps.redirectUri, scope: scopes.join(' '), response_type: 'code' },
        ...{ state, nonce, code_challenge_method: 'S256' },
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        ...(kind === 'google' && narrowedTo !== null && { hd: narrowedTo }),
        ...(isFresh && freshParameters),
      }),
    identify: async (callback, memory) => {
      const tokens = await oidc.authorizationCodeGrant(await discover(), callback, checksOf(memory))
      const claims = tokens.claims()
      if (claims === undefined) throw new Error('the provider sent no ID token')
      const { sub, hd, auth_time: time } = claims
      // `people.json` would refuse it, when the invitation is used up already.
      if (!subjectForm.test(sub)) throw new Error('the provider sent a subject that is not one')
      return {
        subject: sub,
        mayClaim: narrowedTo === null || hd === narrowedTo,
        authenticatedAt: typeof time === 'number' ? time * 1000 : null,
      }
    },
  }
}

/** `auth_time` is asked for by its name too, because not all providers add it for `max_age`. */
const freshParameters = {
  max_age: '0',
  prompt: 'login',
  claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }),
}

function checksOf({ state, nonce, verifier, isFresh }: LoginMemory) {
  return {
    ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
    idTokenExpected: true,
    ...(isFresh && { maxAge: maxAgeSeconds }),
  }
}

function createDiscovery(
  { issuer, clientId, clientSecret }: LoginProvider,
  { fetch }: ProviderDeps,
): () => Promise<oidc.Configuration> {
  let known: { readonly at: number; readonly configuration: oidc.Configuration } | null = null
  return async () => {
    const now = performance.now()
    if (known !== null && now - known.at < discoveryMs) return known.configuration
    const url = new URL(issuer)
    const configuration = await oidc.discovery(url, clientId, undefined, undefined, {
      [oidc.customFetch]: fetch as oidc.CustomFetch,
      // The settings allow this for a provider on this machine alone.
      ...(url.protocol === 'http:' && { execute: [oidc.allowInsecureRequests] }),
    })
    const authenticated = new oidc.Configuration(
      configuration.serverMetadata(),
      clientId,
      { [oidc.clockTolerance]: 30 },
      authenticationFor(configuration, clientSecret),
    )
    authenticated[oidc.customFetch] = fetch as oidc.CustomFetch
    if (url.protocol === 'http:') oidc.allowInsecureRequests(authenticated)
    known = { at: now, configuration: authenticated }
    return authenticated
  }
}

/** RFC 8414: a provider that says nothing takes the secret in the Basic field. */
function authenticationFor(configuration: oidc.Configuration, secret: string): oidc.ClientAuth {
  const { token_endpoint_auth_methods_supported: methods } = configuration.serverMetadata()
  const isBasic = methods === undefined || methods.includes('client_secret_basic')
  return isBasic ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret)
}
