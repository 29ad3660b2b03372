import { type Answer, answerEvents, answerJson, type Question, toEvent } from './answer.ts'
import { composeSpeech, demoModel, isDemoModel, type Speech } from './demo-model.ts'

/** `POST /v1/messages`. */
export function answerMessage(question: Question): Answer {
  if (!isDemoModel(question['model'])) {
    const message = `model '${question['model']}' not found`
    return answerJson({ type: 'error', error: { type: 'not_found_error', message } }, 404)
  }
  const prompt = [question['system'], question['messages']]
  const speech = composeSpeech(prompt, question['max_tokens'])
  if (question['stream'] === true) return answerEvents(speak(speech))
  const content = [{ type: 'text', text: speech.parts.join('') }]
  return answerJson({ ...messageOf(), content, ...stopOf(speech), usage: usageOf(speech) })
}

function* speak(speech: Speech) {
  const event = (type: string, members: Question) => toEvent({ type, ...members }, type)
  const usage = { input_tokens: speech.promptTokens, output_tokens: 0 }
  const start = { ...messageOf(), content: [], stop_reason: null, stop_sequence: null, usage }
  yield event('message_start', { message: start })
  yield event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
  yield event('ping', {})
  for (const text of speech.parts) {
    yield event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
  }
  yield event('content_block_stop', { index: 0 })
  yield event('message_delta', { delta: stopOf(speech), usage: usageOf(speech) })
  yield event('message_stop', {})
}

function messageOf() {
  return { id: 'msg_demo', type: 'message', role: 'assistant', model: demoModel }
}

function stopOf(speech: Speech) {
  return { stop_reason: speech.isCut ? 'max_tokens' : 'end_turn', stop_sequence: null }
}

function usageOf(speech: Speech) {
  return { input_tokens: speech.promptTokens, output_tokens: speech.parts.length }
}
