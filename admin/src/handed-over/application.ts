/**
 * The application behind the socket. The gatekeeper has matched, authenticated and admitted each
 * request; here its row selects the function that answers.
 */
import Router from '@koa/router'
import Koa from 'koa'
import { RefusedError } from './answer.ts'
import { handedOver, type Routes } from './handed-over.ts'

/** The body of a request has 64 KiB at most; what is stated about it is small. */
const jsonLimit = '128kb'

/** Loads the parser with the first request: it takes 10 MB, and most installations hand nothing over. */
const loadReader = async () => {
  const { koaBody } = await import('koa-body')
  return koaBody({
    ...{ json: true, jsonStrict: true, jsonTypes: ['application/json'], jsonLimit },
    ...{ urlencoded: false, text: false, multipart: false, patchNode: false },
    // The parser's own error has the whole text of the body.
    onError: () => {
      throw new RefusedError(400, 'The body is not valid JSON for this endpoint.')
    },
  })
}

type LogFault = (error: unknown, requestId?: string) => void

export function createApplication(routes: Routes, logFault: LogFault): Koa {
  const router = new Router({ sensitive: true, strict: true })
  let loading: ReturnType<typeof loadReader> | null = null
  const readJson: Koa.Middleware = async (context, next) => {
    loading ??= loadReader()
    await (await loading)(context, next)
  }
  router.get('/livez', (context) => {
    context.body = { status: 'ok' }
  })
  router.post('/handed-over', readJson, async (context) => {
    const handed = handedOver.parse(context.request.body)
    const answer = routes[`${handed.method} ${handed.pattern}`]
    if (answer === undefined) throw new Error('no route for a row of the gatekeeper')
    const left = new AbortController()
    context.res.once('close', () => left.abort())
    try {
      Object.assign(context, await answer(handed, left.signal))
    } catch (error) {
      if (error instanceof RefusedError) throw error
      if (left.signal.aborted) return
      logFault(error, handed.requestId)
      context.status = 500
    }
  })
  const application = new Koa()
  application.silent = true
  application.use(async (context, next) => {
    try {
      await next()
    } catch (error) {
      if (error instanceof RefusedError) return void Object.assign(context, error.answer)
      logFault(error)
      context.status = 500
    }
  })
  // The router's own context type has more members.
  return application.use(router.routes() as unknown as Koa.Middleware)
}
