import { performance } from 'node:perf_hooks'
import Koa from 'koa'
import type { Call } from './call.ts'
import { jsonAnswer, sendAnswer } from './send.ts'

/** The number of incomplete answers; several applications can share one counter. */
export type Running = { count: number }

/**
 * Returns a Koa application of handlers that send their answers themselves. An exception in a
 * handler is a bug: the client gets a fixed text, the log gets the details.
 */
export function createApplication(
  handlers: readonly Koa.Middleware[],
  logFault: (error: unknown) => void,
  running: Running = { count: 0 },
): Koa {
  const application = new Koa()
  application.silent = true
  application.use(async (context, next) => {
    context.respond = false
    const { res } = context
    running.count++
    try {
      await next()
    } catch (error) {
      logFault(error)
      sendAnswer(res, jsonAnswer(500, { error: 'internal error' }), false)
      if (!res.writableEnded) res.destroy()
    } finally {
      running.count--
    }
  })
  for (const handler of handlers) application.use(handler)
  return application
}

/** Returns a middleware that answers every request that reaches it. */
export function answering(answer: (call: Call) => Promise<void> | void): Koa.Middleware {
  return ({ req, res }) => answer({ request: req, response: res, startedAt: performance.now() })
}
