/**
 * Routes of the listeners and documents that are the gatekeeper's own. Paths match as they are, in
 * their letter case and without a further slash. What is decided (check and relay) never goes by a
 * router: `policy/route-table.ts` has that.
 */
import Router from '@koa/router'
import type Koa from 'koa'
import type { Answer } from './answer.ts'
import { jsonAnswer, sendAnswer } from './send.ts'

/** A router for exact paths. `exclusive` is never set: it skips what stands before a route. */
export function createRouter(): Router {
  return new Router({ sensitive: true, strict: true })
}

/** The routes as a handler; the router itself adds what its own type of context has more. */
export function routesOf(router: Router): Koa.Middleware {
  return router.routes() as unknown as Koa.Middleware
}

/** A handler that sends what `answer` returns. */
export function reply(answer: (context: Koa.Context) => Answer | Promise<Answer>): Koa.Middleware {
  return async (context) =>
    sendAnswer(context.res, await answer(context), context.method === 'HEAD')
}

/** The last handler of a listener. */
export const notFound = reply(() => jsonAnswer(404, { status: 'not found' }))
