/**
 * The playground of the console: a chat with the rights of a key, whose secret nobody needs for it.
 * The key's token lives a minute, is good for one model of one service, and stays in this process.
 */
import type { ServerResponse } from 'node:http'
import type Koa from 'koa'
import { createRouter, routesOf } from '../../router.ts'
import { jsonAnswer, sendAnswer } from '../../send.ts'
import { jsonReader } from '../read-json.ts'
import { beginChat, sendChat } from './chat.ts'
import { answerModels } from './models.ts'
import type { PlaygroundDeps } from './playground-deps.ts'
import { chatQuestion, modelsQuestion } from './question.ts'

/** Returns the handler of `POST /playground/models` and `/playground/chat`. */
export function playgroundRoutes(deps: PlaygroundDeps): Koa.Middleware {
  const router = createRouter()
  router.post('/playground/models', jsonReader('8kb'), async ({ request, res }) => {
    const parsed = modelsQuestion.safeParse(request.body)
    const answer = parsed.success
      ? await answerModels(parsed.data, signalOf(res), deps)
      : noQuestion
    sendAnswer(res, answer, false)
  })
  router.post('/playground/chat', jsonReader('1mb'), async ({ request, res }) => {
    const parsed = chatQuestion.safeParse(request.body)
    if (!parsed.success) return sendAnswer(res, noQuestion, false)
    const watched = deps.watchDecision(parsed.data.requestId)
    try {
      const begun = await beginChat(parsed.data, signalOf(res), deps)
      if ('fields' in begun) return sendAnswer(res, begun, false)
      await sendChat(begun, watched.afterEnd, res)
    } finally {
      watched.stop()
    }
  })
  return routesOf(router)
}

const noQuestion = jsonAnswer(400, { status: 'no question' })

/** Aborted when the one who asks does not wait any more. */
function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}
