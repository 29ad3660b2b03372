/**
 * `/signin/start/NAME` and `/signin/callback/NAME`: the two addresses of a sign-in at a provider that a
 * browser opens itself. The callback is the only one of ours that a page elsewhere leads to: it reads no
 * session, only the cookie of the sign-in that it ends, and answers with a page that goes on by itself
 * to one of our own. There a ticket becomes a session, if the page has the secret that began it.
 */
import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import { isSameSecret } from '../../../../gatekeeper/src/lib/constant-time.ts'
import { ApiError } from '../../api/api-error.ts'
import { clientAddressOf, onlyValue } from '../../api/edge.ts'
import { keepLogin, takeLogin } from '../../store/login-states.ts'
import { createSecret, isSecret } from '../../store/secrets.ts'
import { failSignIn } from '../finish-sign-in.ts'
import type { SigninCall, SigninDeps } from '../signin-deps.ts'
import type { LoginMemory, ProviderClient } from './provider-client.ts'

export type LoginRouteDeps = SigninDeps & {
  /** Logs why a sign-in at a provider failed. */
  readonly logFault: (error: unknown, requestId?: string) => void
}

/** What is kept on the way to the provider. */
type Kept = LoginMemory & {
  /** SHA-256 of a secret that the page keeps: only that page can take the ticket. */
  readonly bind: string
}

/** What a ticket stands for. */
export type TicketMemory = {
  readonly bind: string
  readonly subject: string
  readonly mayClaim: boolean
  /** Whether the sign-in was a proof for an act, which is not good for a session. */
  readonly isFresh: boolean
  readonly authenticatedAt: number | null
  readonly startedAt: number
}

const cookieName = '__Host-gk_signin'
const cookieFields = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const path = /^\/signin\/(start|callback)\/([a-z0-9][a-z0-9_-]{0,62})$/

/** Returns the middleware of both addresses; it leaves all others alone. */
export function createLoginRoutes(deps: LoginRouteDeps): Koa.Middleware {
  return async (context, next) => {
    const [, step, name = ''] = path.exec(context.path) ?? []
    if (step === undefined) return await next()
    const client = deps.clients.get(name)
    if (context.method !== 'GET' || client === undefined) return
    const login = { name, client }
    await (step === 'start' ? start(context, login, deps) : finish(context, login, deps))
  }
}

type Login = { readonly name: string; readonly client: ProviderClient }

async function start(
  context: Koa.Context,
  { name, client }: Login,
  { store, clock, attempts, logFault }: LoginRouteDeps,
): Promise<void> {
  // A page elsewhere cannot send somebody to sign in: only ours begins.
  if (onlyValue(context.req, 'sec-fetch-site') !== 'same-origin') {
    throw new ApiError('not_same_origin', 'Begin on the sign-in page.')
  }
  const query = new URLSearchParams(context.querystring)
  const bind = query.get('bind') ?? ''
  if (!isSecret(bind)) throw new ApiError('invalid', 'Begin on the sign-in page.')
  const address = clientAddressOf(context.req)
  attempts.requireRoom('begin', address)
  attempts.count('begin', address)
  const [state, nonce, verifier] = [createSecret(), createSecret(), createSecret()]
  const memory: Kept = { state, nonce, verifier, bind, isFresh: query.get('fresh') === '1' }
  try {
    const url = await client.authorizationUrl(memory)
    await keepLogin(store, { kind: 'login', secret: state, provider: name, memory }, clock())
    context.set('set-cookie', `${cookieName}=${state}; Max-Age=600; ${cookieFields}`)
    context.status = 303
    context.set('location', url.href)
  } catch (error) {
    logFault(error, context.state['requestId'])
    goOn(context, 'problem=unreachable')
  }
}

async function finish(context: Koa.Context, login: Login, deps: LoginRouteDeps): Promise<void> {
  requirePage(context.req)
  // Whoever is led here by a page elsewhere has begun nothing, and their address must not pay for it.
  if (readCookies(context.req).length === 0) return goOn(context, 'problem=state')
  const call = describeCall(context, deps)
  deps.attempts.requireRoom('provider', call.clientAddress)
  context.set('set-cookie', `${cookieName}=; Max-Age=0; ${cookieFields}`)
  const kept = await takeState(context, login.name, deps)
  if (kept === null) return await fail('state', 'problem=state')
  try {
    const callback = new URL(deps.settings.origin + context.path)
    callback.search = context.search
    const identity = await login.client.identify(callback, kept.memory)
    const ticket = createSecret()
    const { bind, isFresh } = kept.memory
    const memory: TicketMemory = { ...identity, bind, isFresh, startedAt: kept.at }
    const { store, clock } = deps
    await keepLogin(
      store,
      { kind: 'ticket', secret: ticket, provider: login.name, memory },
      clock(),
    )
    goOn(context, `${isFresh ? 'proof' : 'ticket'}=${ticket}`)
  } catch (error) {
    deps.logFault(error, context.state['requestId'])
    await fail('provider', 'problem=provider')
  }

  async function fail(why: string, fragment: string): Promise<void> {
    await failSignIn({ way: 'provider', why, provider: login.name }, call, deps)
    goOn(context, fragment)
  }
}

/** A page elsewhere can have a browser ask for any address unseen, as for an image or a frame. */
function requirePage(request: IncomingMessage): void {
  const { 'sec-fetch-dest': target = ['document'] } = request.headersDistinct
  if (target[0] === 'document') return
  throw new ApiError('not_same_origin', 'A sign-in ends in a page of its own.')
}

/** The state of the address must be that of this browser's cookie, and of a sign-in at this provider. */
async function takeState(
  { req, querystring }: Koa.Context,
  provider: string,
  { store, clock }: LoginRouteDeps,
): Promise<{ readonly memory: Kept; readonly at: number } | null> {
  const states = new URLSearchParams(querystring).getAll('state')
  const cookies = readCookies(req)
  const [state = '', cookie = ''] = [states[0], cookies[0]]
  const isOne = states.length === 1 && cookies.length === 1 && isSecret(state) && isSecret(cookie)
  if (!isOne || !isSameSecret(state, cookie)) return null
  const kept = await takeLogin(store, { kind: 'login', secret: state }, clock())
  if (kept === null || kept.provider !== provider) return null
  return { memory: kept.memory as Kept, at: kept.at }
}

function readCookies({ headersDistinct }: IncomingMessage): string[] {
  return (headersDistinct['cookie'] ?? [])
    .flatMap((field) => field.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${cookieName}=`))
    .map((pair) => pair.slice(cookieName.length + 1))
}

/**
 * Answers with a page that goes on to ours. A redirect would not do: the browser would take the next
 * request for one that the provider's page made, and leave our Strict cookie out.
 */
function goOn(context: Koa.Context, fragment: string): void {
  const target = `/signin/return#${fragment}`
  context.status = 200
  context.type = 'text/html; charset=utf-8'
  context.body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signing in</title><meta http-equiv="refresh" content="0;url=${target}"></head><body><p><a href="${target}">Go on to the console</a></p></body></html>`
}

function describeCall({ req, state }: Koa.Context, { installation }: LoginRouteDeps): SigninCall {
  const clientAddress = clientAddressOf(req)
  const about = { principal: 'anonymous', requestId: state['requestId'], clientAddress }
  return {
    record: async (acts) => await installation.record(acts.map((act) => ({ ...act, ...about }))),
    clientAddress,
    userAgent: onlyValue(req, 'user-agent'),
  }
}
