/**
 * Answers `npm run explain -- --live`. The answer reveals what any credential may do, so the route
 * listens on a unix socket that only this user can open.
 */
import type Koa from 'koa'
import { z } from 'zod'
import type { ExplainQuestion, Explanation } from '../../explain/explain.ts'
import { createRouter, notFound, reply, routesOf } from '../router.ts'
import { jsonAnswer } from '../send.ts'

const text = z.string().max(40_960)

const question = z.strictObject({
  method: text.min(1),
  target: text.min(1),
  host: text.min(1),
  clientAddress: text.min(1),
  origin: text.nullable(),
  model: text.nullable(),
  endpoint: text.nullish(),
  caller: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('anonymous') }),
    z.strictObject({ kind: z.literal('key'), id: text.min(1) }),
    z.strictObject({ kind: z.literal('credential'), credential: text.min(1) }),
  ]),
})

/**
 * Reads the body. If it is not JSON within the size limit, the body stays empty and the schema
 * refuses it. The parser is loaded with the first question: it takes 4 MB and some 30 ms, and most
 * processes never need it.
 */
const readJson: Koa.Middleware = async (context, next) => {
  const { koaBody } = await import('koa-body')
  const read = koaBody({
    ...{ jsonTypes: ['application/json'], jsonLimit: '256kb', patchNode: false },
    ...{ urlencoded: false, text: false, multipart: false },
    onError: () => {},
  })
  await read(context, next)
}

/** Returns the handlers of `POST /explain`. */
export function explainHandlers(
  explain: (question: ExplainQuestion) => Promise<Explanation>,
): Koa.Middleware[] {
  const router = createRouter()
  const answer = async ({ request }: Koa.Context) => {
    const parsed = question.safeParse(request.body)
    return parsed.success
      ? jsonAnswer(200, await explain(parsed.data))
      : jsonAnswer(400, { status: 'no question' })
  }
  router.post('/explain', readJson, reply(answer))
  return [routesOf(router), notFound]
}
