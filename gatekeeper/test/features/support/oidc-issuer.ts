/** A certified OpenID provider in this process, as another issuer of tokens. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export type OidcIssuer = {
  readonly url: string
  /** An access token for the audience, with the claims that the issuer adds. */
  readonly token: (options: {
    audience: string
    claims?: Record<string, unknown>
  }) => Promise<string>
  /** How often its key set was fetched. */
  readonly keyRequests: () => number
  /** Closes the port; the keys stay, for `start` again. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

const secret = 'a-secret-of-the-other-issuer-0123456789'

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'first', use: 'sig', alg: 'RS256' }
  let server: Server | null = null
  let port = 0
  let keyRequests = 0
  let claims: Record<string, unknown> = {}
  let handle: ((request: never, response: never) => void) | null = null

  const start = async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith('/jwks')) keyRequests++
      handle?.(request as never, response as never)
    })
    server.listen(port, '127.0.0.1')
    await new Promise((resolve) => server?.once('listening', resolve))
    port = (server.address() as AddressInfo).port
  }
  await start()
  const url = `http://127.0.0.1:${port}`
  const provider = new Provider(url, {
    jwks: { keys: [jwk] },
    clients: [
      {
        ...{ client_id: 'their-app', client_secret: secret, redirect_uris: [], response_types: [] },
        grant_types: ['client_credentials'],
      },
    ],
    extraTokenClaims: () => claims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          ...{ scope: 'api', audience: resource, accessTokenFormat: 'jwt' },
          ...{ accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } } },
        }),
      },
    },
  } as never)
  handle = provider.callback() as never
  return {
    ...{ url, start },
    keyRequests: () => keyRequests,
    token: async (options) => {
      claims = options.claims ?? {}
      const answer = await fetch(`${url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`their-app:${secret}`)}` },
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', resource: options.audience, scope: 'api' },
        }),
      })
      const body = (await answer.json()) as { access_token?: string }
      if (body.access_token === undefined) throw new Error(JSON.stringify(body))
      return body.access_token
    },
    stop: async () => {
      server?.closeAllConnections()
      await new Promise((resolve) => server?.close(resolve))
    },
  }
}
