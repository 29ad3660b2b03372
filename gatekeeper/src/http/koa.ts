import { performance } from 'node:perf_hooks'
import Koa from 'koa'
import type { Call } from './call.ts'
import { jsonAnswer, sendAnswer } from './send.ts'

/** How many requests have an answer under way; several applications may count together. */
export type Running = { count: number }

/**
 * Makes a Koa application of one handler that answers by itself. What it throws is a bug: the client
 * gets a fixed text, the log gets the rest.
 */
export function createApplication(
  answer: (call: Call) => Promise<void> | void,
  logFault: (error: unknown) => void,
  running: Running = { count: 0 },
): Koa {
  const application = new Koa()
  application.silent = true
  application.use(async (context) => {
    context.respond = false
    const call = { request: context.req, response: context.res, startedAt: performance.now() }
    running.count++
    try {
      await answer(call)
    } catch (error) {
      logFault(error)
      sendAnswer(call.response, jsonAnswer(500, { error: 'internal error' }), false)
      if (!call.response.writableEnded) call.response.destroy()
    } finally {
      running.count--
    }
  })
  return application
}
