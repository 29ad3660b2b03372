/**
 * Answers `npm run explain -- --live`. It tells what any credential may do, and so listens on a unix
 * socket that is this user's alone.
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
  caller: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('anonymous') }),
    z.strictObject({ kind: z.literal('key'), id: text.min(1) }),
    z.strictObject({ kind: z.literal('credential'), credential: text.min(1) }),
  ]),
})

/**
 * Reads the body. What is no JSON within the limit leaves none, which the schema refuses. The parser
 * is loaded with the first question: 4 MB and some 30 ms that most processes never need.
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

/** `POST /explain`. */
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
