/**
 * Routes of listeners and documents that are the gatekeeper's own. Paths match exactly, with letter
 * case and without an extra slash. Check and relay never use a router: they use
 * `policy/route-table.ts`.
 */
import Router from '@koa/router'
import type Koa from 'koa'
import type { Answer } from './answer.ts'
import { jsonAnswer, sendAnswer } from './send.ts'

/** Returns a router for exact paths. `exclusive` is never set: it skips earlier middleware. */
export function createRouter(): Router {
  return new Router({ sensitive: true, strict: true })
}

/** Returns the routes as a middleware; the router's own context type has more members. */
export function routesOf(router: Router): Koa.Middleware {
  return router.routes() as unknown as Koa.Middleware
}

/** Returns a handler that sends what `answer` returns. */
export function reply(answer: (context: Koa.Context) => Answer | Promise<Answer>): Koa.Middleware {
  return async (context) =>
    sendAnswer(context.res, await answer(context), context.method === 'HEAD')
}

/** The last handler of a listener. */
export const notFound = reply(() => jsonAnswer(404, { status: 'not found' }))
