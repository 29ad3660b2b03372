/**
 * Answers `npm run explain -- --live`. The answer reveals what any credential may do, so the route
 * listens on a unix socket that only this user can open.
 */
import type Koa from 'koa'
import { z } from 'zod'
import type { ExplainQuestion, Explanation } from '../../model/explanation.ts'
import { createRouter, notFound, reply, routesOf } from '../router.ts'
import { jsonAnswer } from '../send.ts'
import { jsonReader } from './read-json.ts'

const readJson = jsonReader('256kb')

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
    z.strictObject({ kind: z.enum(['key', 'client']), id: text.min(1) }),
    z.strictObject({ kind: z.literal('credential'), credential: text.min(1) }),
  ]),
})

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
