import type { Answer } from '../../answer.ts'
import { jsonAnswer } from '../../send.ts'
import { modelNames, refusalText } from './chat-events.ts'
import type { ChatPlace, PlaygroundDeps } from './playground-deps.ts'
import type { ModelsQuestion } from './question.ts'
import { noAnswer, noSigner, readText, unusable } from './refusals.ts'

const listMsMax = 10_000

/** Lists the models by the same path and with the same rights as the key itself would. */
export async function answerModels(
  question: ModelsQuestion,
  signal: AbortSignal,
  deps: PlaygroundDeps,
): Promise<Answer> {
  const places = deps.placesOf(question.key)
  if (typeof places === 'string') return unusable(places)
  const lists = await Promise.all(places.map((place) => listModels(place, question, signal, deps)))
  const faults = lists.flatMap(({ fault }) => (fault === null ? [] : [fault]))
  return jsonAnswer(200, { items: lists.flatMap(({ items }) => items), faults })
}

async function listModels(
  place: ChatPlace,
  { key: keyId, clientAddress, requestId }: ModelsQuestion,
  signal: AbortSignal,
  deps: PlaygroundDeps,
) {
  const { service, host, chatPath, modelsPath: path } = place
  if (path === null) return { items: [], fault: { service, text: 'It has no list of models.' } }
  try {
    const token = await deps.mint({ keyId, service, model: null })
    if (token === null) return { items: [], fault: { service, text: noSigner } }
    const within = AbortSignal.any([signal, AbortSignal.timeout(listMsMax)])
    const head = { method: 'GET', path, host, clientAddress, requestId, token, body: null } as const
    const answer = await deps.callRelay({ ...head, signal: within })
    const text = await readText(answer)
    if (answer.statusCode !== 200) {
      return { items: [], fault: { service, text: refusalText(text) ?? noAnswer } }
    }
    const items = modelNames(text).map((model) => ({ model, service, path: chatPath }))
    return { items, fault: null }
  } catch {
    return { items: [], fault: { service, text: noAnswer } }
  }
}
