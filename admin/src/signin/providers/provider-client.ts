/** What a login provider is to us: an address to send people to, and who came back. */
import type { LoginProvider } from '../../../../gatekeeper/src/model/console-settings.ts'
import { boundedFetch, type Fetch } from './bounded-fetch.ts'
import type { RuledPerson } from './claim-rules.ts'

/** What a sign-in remembers between its start and its end. */
export type LoginMemory = {
  readonly state: string
  readonly nonce: string
  /** Of PKCE (RFC 7636). */
  readonly verifier: string
  /** Whether the person must sign in at the provider again. */
  readonly isFresh: boolean
}

/** Who came back. */
export type Identity = {
  /** Never changes at the provider. */
  readonly subject: string
  /** Whether the settings let this account claim an invitation. */
  readonly mayClaim: boolean
  /** When the person signed in at the provider, epoch milliseconds; null if it does not say. */
  readonly authenticatedAt: number | null
  /** The person that a rule of the settings makes of this account; null without a rule for it. */
  readonly ruled: RuledPerson | null
}

export type ProviderClient = {
  /** Whether the provider says when a person signed in, so that a fresh sign-in can be proven. */
  readonly canProveFresh: boolean
  /** Returns where to send the browser. Rejects if the provider cannot be reached. */
  readonly authorizationUrl: (memory: LoginMemory) => Promise<URL>
  /**
   * Returns who signed in, from the address to which the provider sent the browser. Rejects if
   * anything of it is not as it must be.
   */
  readonly identify: (callback: URL, memory: LoginMemory) => Promise<Identity>
}

export type ProviderDeps = {
  /** `https://console.localhost:8444/signin/callback/github` */
  readonly redirectUri: string
  readonly fetch: Fetch
}

/** Returns the clients by the names of their providers. Nothing is asked before the first sign-in. */
export function createProviderClients(
  { providers, origin }: { readonly providers: readonly LoginProvider[]; readonly origin: string },
  fetch: Fetch = boundedFetch,
): ReadonlyMap<string, ProviderClient> {
  return new Map(
    providers.map((provider) => {
      const deps = { redirectUri: callbackUrl(origin, provider.name), fetch }
      return [provider.name, createLater(provider, deps)]
    }),
  )
}

/** The library of OpenID takes 10 MB, so it is loaded with the first sign-in at a provider. */
function createLater(provider: LoginProvider, deps: ProviderDeps): ProviderClient {
  let loading: Promise<ProviderClient> | null = null
  const client = () => {
    loading ??= loadClient(provider, deps)
    return loading
  }
  return {
    // GitHub does not say when a person signed in.
    canProveFresh: provider.kind !== 'github',
    authorizationUrl: async (memory) => await (await client()).authorizationUrl(memory),
    identify: async (callback, memory) => await (await client()).identify(callback, memory),
  }
}

async function loadClient(provider: LoginProvider, deps: ProviderDeps): Promise<ProviderClient> {
  if (provider.kind === 'github') {
    const { createGithubClient } = await import('./github.ts')
    return createGithubClient(provider, deps)
  }
  const { createOpenidClient } = await import('./openid.ts')
  return createOpenidClient(provider, deps)
}

/** The address to register at the provider. */
export function callbackUrl(origin: string, name: string): string {
  return `${origin}/signin/callback/${name}`
}
