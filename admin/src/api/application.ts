/**
 * The console's application. Its steps, in this order: errors and fields of every answer, the edge,
 * then by path the pages, the addresses of sign-in at providers, or the admin API, whose callers are
 * found before its router.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import Koa from 'koa'
import { ApiError } from './api-error.ts'
import { type AuthenticateDeps, authenticate, authenticateAgain, nobody } from './authenticate.ts'
import { onlyValue, refuseStrangers } from './edge.ts'
import type { Endpoint } from './endpoint.ts'
import { answerProblem, type LogFault } from './problem-answer.ts'
import { apiPrefix, type CallState, type RouterDeps, routeRows } from './rows-router.ts'
import { requireSameOrigin } from './same-origin.ts'

export type ApplicationDeps = AuthenticateDeps &
  RouterDeps & {
    readonly rows: readonly Endpoint[]
    /** The secret that Caddy sends with each request of the console's site. */
    readonly edge: string
    /** Answers everything outside of the admin API: sign-in at providers, then pages. */
    readonly outside: readonly Koa.Middleware[]
    readonly logFault: LogFault
  }

/** Returns the application behind the console's listener. */
export function createConsoleApplication(deps: ApplicationDeps): Koa {
  const application = new Koa()
  application.silent = true
  application.use(answerErrors(deps))
  application.use(refuseStrangers({ edge: deps.edge, origin: deps.settings.origin }))
  application.use(answerApi(deps))
  for (const answer of deps.outside) application.use(answer)
  return application
}

/** Fields of every answer; the pages set a policy of their own. */
const commonFields = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

function answerErrors({ logFault }: ApplicationDeps): Koa.Middleware {
  return async (context, next) => {
    const requestId = requestIdOf(context.req)
    context.state['requestId'] = requestId
    context.set(commonFields)
    try {
      await next()
      if (context.respond !== false && context.status === 404) {
        throw new ApiError('not_found', 'There is nothing here.')
      }
    } catch (error) {
      context.respond = false
      // Whoever has left needs no answer, and what failed because of it is not a fault.
      if (context.res.destroyed && !(error instanceof ApiError)) return
      answerProblem(context, error, { requestId, logFault })
    }
  }
}

/** Caddy makes the id, so that its log and ours agree. */
function requestIdOf(request: IncomingMessage): string {
  const stated = onlyValue(request, 'x-gatekeeper-request-id')
  return stated !== null && /^[0-9a-f-]{36}$/.test(stated) ? stated : randomUUID()
}

/** Documents that say the same to everybody: a tool may read them without being a page. */
const publicDocuments = new Set(['GET /openapi.json'])

function answerApi(deps: ApplicationDeps): Koa.Middleware {
  const route = routeRows(deps.rows, deps)
  const open = openRows(deps.rows)
  return async (context, next) => {
    const { path, req, method } = context
    if (path !== apiPrefix && !path.startsWith(`${apiPrefix}/`)) return await next()
    const asked = `${method === 'HEAD' ? 'GET' : method} ${path.slice(apiPrefix.length)}`
    const isOpen = open.has(asked)
    if (isOpen && !publicDocuments.has(asked)) requireSameOrigin(req, deps.settings.origin)
    const caller = isOpen ? nobody : await authenticate(req, deps)
    const { requestId } = context.state as { requestId: string }
    const callerNow = () => authenticateAgain(caller, req, deps)
    context.state = { caller, requestId, callerNow } satisfies CallState
    await route(context, async () => {})
  }
}

/** The one table of endpoints that need no session: method and whole path. */
function openRows(rows: readonly Endpoint[]): ReadonlySet<string> {
  const open = rows.filter(({ roles }) => roles === 'open')
  const variable = open.find(({ path }) => path.includes(':'))
  if (variable !== undefined) throw new Error(`${variable.path} is open and not one path`)
  return new Set(open.map(({ method, path }) => `${method} ${path}`))
}
