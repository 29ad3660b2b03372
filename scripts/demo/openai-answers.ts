import { type Answer, answerEvents, answerJson, type Question, toEvent } from './answer.ts'
import {
  composeSpeech,
  demoModel,
  demoModelMadeAt,
  isDemoModel,
  type Speech,
} from './demo-model.ts'

const model = {
  id: demoModel,
  object: 'model',
  created: demoModelMadeAt / 1000,
  owned_by: 'gatekeeper-demo',
}

export function answerModels(): Answer {
  return answerJson({ object: 'list', data: [model] })
}

export function answerModel(name: string): Answer {
  return isDemoModel(name) ? answerJson(model) : refuseModel(name)
}

/** What differs between the two completion endpoints. */
type Form = {
  readonly id: string
  readonly object: string
  readonly chunkObject: string
  readonly whole: (text: string) => Question
  readonly part: (text: string, isFirst: boolean) => Question
  readonly last: Question
}

const chatForm: Form = {
  id: 'chatcmpl-demo',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  whole: (text) => ({ message: { role: 'assistant', content: text } }),
  part: (text, isFirst) => ({
    delta: isFirst ? { role: 'assistant', content: text } : { content: text },
  }),
  last: { delta: {} },
}

const textForm: Form = {
  id: 'cmpl-demo',
  object: 'text_completion',
  chunkObject: 'text_completion',
  whole: (text) => ({ text }),
  part: (text) => ({ text }),
  last: { text: '' },
}

export function answerChatCompletion(question: Question): Answer {
  return answerSpeech(question, question['messages'], chatForm)
}

export function answerCompletion(question: Question): Answer {
  return answerSpeech(question, question['prompt'], textForm)
}

function answerSpeech(question: Question, prompt: unknown, form: Form): Answer {
  if (!isDemoModel(question['model'])) return refuseModel(question['model'])
  const partsMax = question['max_completion_tokens'] ?? question['max_tokens']
  const speech = composeSpeech(prompt, partsMax)
  if (question['stream'] === true) return answerEvents(speak(speech, form, wantsUsage(question)))
  const choice = { index: 0, ...form.whole(speech.parts.join('')), finish_reason: reasonOf(speech) }
  const head = { ...headOf(form), object: form.object }
  return answerJson({ ...head, choices: [choice], usage: usageOf(speech) })
}

function* speak(speech: Speech, form: Form, withUsage: boolean) {
  const head = { ...headOf(form), object: form.chunkObject }
  const chunk = (content: Question, finishReason: string | null) =>
    toEvent({ ...head, choices: [{ index: 0, ...content, finish_reason: finishReason }] })
  for (const [index, part] of speech.parts.entries())
    yield chunk(form.part(part, index === 0), null)
  yield chunk(form.last, reasonOf(speech))
  if (withUsage) yield toEvent({ ...head, choices: [], usage: usageOf(speech) })
  yield toEvent('[DONE]')
}

function headOf(form: Form) {
  const created = Math.floor(Date.now() / 1000)
  return { id: form.id, created, model: demoModel, system_fingerprint: 'fp_demo' }
}

function wantsUsage(question: Question): boolean {
  return (question['stream_options'] as Question | undefined)?.['include_usage'] === true
}

function reasonOf(speech: Speech): string {
  return speech.isCut ? 'length' : 'stop'
}

function usageOf(speech: Speech) {
  return {
    prompt_tokens: speech.promptTokens,
    completion_tokens: speech.parts.length,
    total_tokens: speech.promptTokens + speech.parts.length,
  }
}

function refuseModel(name: unknown): Answer {
  const message = name === undefined ? 'model is required' : `model '${name}' not found`
  const error = { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' }
  return answerJson({ error }, name === undefined ? 400 : 404)
}
