import { type Answer, answerJson, answerText, type Question } from './answer.ts'
import { answerMessage } from './anthropic-answers.ts'
import * as ollama from './ollama-answers.ts'
import * as openai from './openai-answers.ts'

/** A request as the demonstration sees it: its path without the query, its body as it came. */
export type DemoRequest = {
  readonly method: string
  readonly path: string
  readonly body: Buffer
}

const rootText = 'Ollama is running (a demonstration by Gatekeeper, not a model)'

const getAnswers: Readonly<Record<string, () => Answer>> = {
  '/': () => answerText(rootText),
  '/api/version': ollama.answerVersion,
  '/api/tags': ollama.answerTags,
  '/api/ps': ollama.answerRunning,
  '/v1/models': openai.answerModels,
}

const postAnswers: Readonly<Record<string, (question: Question) => Answer>> = {
  '/api/show': ollama.answerShow,
  '/api/chat': ollama.answerChat,
  '/api/generate': ollama.answerGenerate,
  '/api/embed': ollama.answerEmbed,
  '/v1/chat/completions': openai.answerChatCompletion,
  '/v1/completions': openai.answerCompletion,
  '/v1/messages': answerMessage,
}

/** The demonstration's answer to a request; what it does not know is 404, as Ollama says it. */
export function answerRequest(request: DemoRequest): Answer {
  const { method, path } = request
  if (method === 'GET' || method === 'HEAD') return answerGet(path)
  const answer = method === 'POST' && Object.hasOwn(postAnswers, path) ? postAnswers[path] : null
  if (!answer) return notFound()
  const question = readQuestion(request.body)
  return question === null ? answerJson({ error: 'invalid JSON' }, 400) : answer(question)
}

function answerGet(path: string): Answer {
  if (Object.hasOwn(getAnswers, path)) return getAnswers[path]?.() ?? notFound()
  const name = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
  if (name === undefined) return notFound()
  try {
    return openai.answerModel(decodeURIComponent(name))
  } catch {
    return notFound()
  }
}

function notFound(): Answer {
  return answerText('404 page not found', 404)
}

function readQuestion(body: Buffer): Question | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Question) : null
  } catch {
    return null
  }
}
