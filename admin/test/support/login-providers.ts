/** Login providers on this machine: the certified oidc-provider, and three routes as GitHub has them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import type { LoginProvider } from '../../../gatekeeper/src/model/console-settings.ts'

const secret = 'a-secret-of-the-client'

export type TestProvider = {
  readonly settings: LoginProvider
  /** Says where the console is, once that is known. */
  readonly register: (consoleOrigin: string) => void
  /** Goes where a browser would: returns the address of ours to which the provider sends it. */
  readonly visit: (address: string) => Promise<URL>
  readonly stop: () => Promise<void>
}

/** Who signs in there. */
export type TestAccount = { current: string; claims?: Readonly<Record<string, unknown>> }

/** An OpenID provider at which everybody is `account`, without a question. */
export async function startOpenid(
  account: TestAccount,
  more: Partial<LoginProvider> = {},
): Promise<TestProvider> {
  const { server, issuer } = await listen()
  const settings: LoginProvider = {
    ...{ name: 'house', title: 'The house', issuer, clientId: 'gatekeeper' },
    ...{ clientSecret: secret, scopes: ['openid'], narrowedTo: null },
    kind: 'openid',
    ...more,
  }
  const register = (origin: string) => {
    const provider = createProvider(issuer, `${origin}/signin/callback/house`, account)
    const answer = provider.callback()
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const isInteraction = request.url?.startsWith('/interaction/') === true
      if (!isInteraction) return void answer(request, response)
      const at = { request, response, account: account.current }
      agree(provider, at).catch(() => response.destroy())
    })
  }
  return { settings, register, visit: follow, stop: () => close(server) }
}

function createProvider(issuer: string, redirectUri: string, account: TestAccount): Provider {
  return new Provider(issuer, {
    clients: [
      {
        ...{ client_id: 'gatekeeper', client_secret: secret, redirect_uris: [redirectUri] },
        ...{ grant_types: ['authorization_code'], response_types: ['code'] },
      },
    ],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...account.claims }),
    }),
    claims: { openid: ['sub', 'groups', 'preferred_username'] },
    cookies: { keys: ['k'] },
  })
}

async function agree(
  provider: Provider,
  at: { request: IncomingMessage; response: ServerResponse; account: string },
): Promise<void> {
  const { request, response, account } = at
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    const result = { login: { accountId: account } }
    return await provider.interactionFinished(request, response, result)
  }
  const grant = new provider.Grant({
    accountId: session?.accountId ?? account,
    clientId: String(params['client_id']),
  })
  grant.addOIDCScope('openid')
  const result = { consent: { grantId: await grant.save() } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
}

export type GithubLike = {
  /** What the answer to the browser says about its issuer; null says nothing. */
  issuer: string | null
  account: { id: number; login: string }
  isMember: boolean
  /** Answers the token endpoint in the place of the usual answer. */
  breakToken: ((response: ServerResponse) => void) | null
}

/** A site with the three routes of GitHub that we use. */
export async function startGithub(
  like: GithubLike,
  narrowedTo: string | null = null,
): Promise<TestProvider> {
  const { server, issuer } = await listen()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.resume()
    const url = new URL(request.url ?? '/', issuer)
    const answer = githubRoutes[url.pathname]
    if (answer !== undefined) answer(response, like, url)
    else if (like.isMember) json(response, { state: 'active' })
    else response.writeHead(404).end('{}')
  })
  const settings: LoginProvider = {
    ...{ name: 'github', title: 'GitHub', issuer, clientId: 'gatekeeper' },
    ...{ clientSecret: secret, scopes: [], narrowedTo },
    kind: 'github',
  }
  return { settings, register: () => {}, visit: follow, stop: () => close(server) }
}

type Route = (response: ServerResponse, like: GithubLike, url: URL) => void

const githubRoutes: Readonly<Record<string, Route>> = {
  '/login/oauth/authorize': (response, { issuer }, { searchParams }) => {
    const back = new URL(searchParams.get('redirect_uri') ?? '')
    back.searchParams.set('code', 'a-code')
    back.searchParams.set('state', searchParams.get('state') ?? '')
    if (issuer !== null) back.searchParams.set('iss', issuer)
    response.writeHead(302, { location: back.href }).end()
  },
  '/login/oauth/access_token': (response, { breakToken }) => {
    if (breakToken !== null) return breakToken(response)
    json(response, { access_token: 'gho_a', token_type: 'bearer', scope: 'read:user' })
  },
  '/api/v3/user': (response, { account }) => json(response, account),
}

function json(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(body))
}

/** Follows redirects with the cookies of each host, up to an address of the console. */
async function follow(address: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let next = new URL(address)
  for (let hop = 0; hop < 12; hop += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(next, { redirect: 'manual', headers: { cookie } })
    await answer.text()
    for (const field of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (field.split(';')[0] ?? '').split('=')
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${next} answered ${answer.status} without a way on`)
    const from = next.origin
    next = new URL(location, next)
    if (next.origin !== from) return next
  }
  throw new Error('the provider leads in a circle')
}

async function listen(): Promise<{ readonly server: Server; readonly issuer: string }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
