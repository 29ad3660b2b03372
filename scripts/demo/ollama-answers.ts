import { createHash } from 'node:crypto'
import { type Answer, answerJson, answerLines, type Question } from './answer.ts'
import {
  composeSpeech,
  demoModel,
  demoModelMadeAt,
  isDemoModel,
  type Speech,
} from './demo-model.ts'

const details = {
  parent_model: '',
  format: 'demo',
  family: 'demo',
  families: ['demo'],
  parameter_size: '0',
  quantization_level: 'none',
}
const digest = 'd'.repeat(64)
const madeAt = new Date(demoModelMadeAt).toISOString()
const model = { name: demoModel, model: demoModel, size: 1024, digest, details }

export function answerVersion(): Answer {
  return answerJson({ version: '0.0.0-demo' })
}

export function answerTags(): Answer {
  return answerJson({ models: [{ ...model, modified_at: madeAt }] })
}

export function answerRunning(): Answer {
  const expiresAt = new Date(Date.now() + 300_000).toISOString()
  const running = { ...model, expires_at: expiresAt, size_vram: 0, context_length: 4096 }
  return answerJson({ models: [running] })
}

export function answerShow(question: Question): Answer {
  return (
    refuseModel(question) ??
    answerJson({
      license: '',
      modelfile: '# a demonstration, not a model',
      parameters: '',
      template: '{{ .Prompt }}',
      details,
      model_info: { 'general.architecture': 'demo', 'demo.context_length': 4096 },
      capabilities: ['completion'],
      modified_at: madeAt,
    })
  )
}

export function answerEmbed(question: Question): Answer {
  const refused = refuseModel(question)
  if (refused !== null) return refused
  const inputs = Array.isArray(question['input']) ? question['input'] : [question['input'] ?? '']
  const embeddings = inputs.map((input) => embed(String(input)))
  const counts = { prompt_eval_count: composeSpeech(inputs, undefined).promptTokens }
  return answerJson({
    model: demoModel,
    embeddings,
    total_duration: 1,
    load_duration: 1,
    ...counts,
  })
}

/** Eight numbers that differ from text to text, of length one: enough to see that it is carried. */
function embed(text: string): number[] {
  const digest = createHash('sha256').update(text).digest()
  const numbers = [...digest.subarray(0, 8)].map((byte) => byte + 1)
  const length = Math.hypot(...numbers)
  return numbers.map((number) => number / length)
}

export function answerChat(question: Question): Answer {
  return answerSpeech(question, question['messages'], (text) => ({
    message: { role: 'assistant', content: text },
  }))
}

export function answerGenerate(question: Question): Answer {
  return answerSpeech(question, question['prompt'], (text) => ({ response: text }))
}

/** Streams unless it is told not to, as Ollama does. */
function answerSpeech(
  question: Question,
  prompt: unknown,
  say: (text: string) => Record<string, unknown>,
): Answer {
  const refused = refuseModel(question)
  if (refused !== null) return refused
  const options = (question['options'] ?? {}) as Question
  const speech = composeSpeech(prompt, options['num_predict'])
  const stamp = () => ({ model: demoModel, created_at: new Date().toISOString() })
  const end = (text: string) => ({ ...stamp(), ...say(text), ...closing(speech) })
  if (question['stream'] === false) return answerJson(end(speech.parts.join('')))
  return answerLines(
    (function* () {
      for (const part of speech.parts) yield { ...stamp(), ...say(part), done: false }
      yield end('')
    })(),
  )
}

/** Durations are nanoseconds, made up: there is no model to measure. */
function closing(speech: Speech) {
  return {
    done: true,
    done_reason: speech.isCut ? 'length' : 'stop',
    total_duration: 20_000_000 * speech.parts.length,
    load_duration: 1_000_000,
    prompt_eval_count: speech.promptTokens,
    prompt_eval_duration: 1_000_000,
    eval_count: speech.parts.length,
    eval_duration: 20_000_000 * speech.parts.length,
  }
}

function refuseModel(question: Question): Answer | null {
  const name = question['model'] ?? question['name']
  if (isDemoModel(name)) return null
  return name === undefined
    ? answerJson({ error: 'model is required' }, 400)
    : answerJson({ error: `model '${name}' not found` }, 404)
}
