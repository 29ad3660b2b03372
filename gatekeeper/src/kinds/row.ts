import type { Dialect, Endpoint, EndpointClass, ModelPlace, StreamForm } from '../model/endpoint.ts'
import type { UsageForm } from '../model/usage-form.ts'
import { anthropicUsage, openaiUsage, responsesUsage } from './usage-forms.ts'

type RareMember =
  | 'isAnthropic'
  | 'isOwn'
  | 'handedOver'
  | 'readsCredentials'
  | 'upstreamPath'
  | 'isPublic'
  | 'promptLevel'
  | 'eventsQuery'
  | 'isFile'

/** Members of a row that have a usual value. */
export type RowOptions = Partial<
  Pick<
    Endpoint,
    'body' | 'model' | 'stream' | 'usage' | 'listsModels' | 'output' | 'prompt' | RareMember
  >
>

const noModel: ModelPlace = { in: 'none' }
const noStream: StreamForm = { form: 'none', by: null, isDefault: false }

/**
 * Returns a builder of rows for one dialect. `methods` is `GET` or `GET|HEAD`; a pattern has
 * `{name}` for one segment, `{+name}` for one or several, and ends in `/*` for everything below.
 */
export function rowsIn(dialect: Dialect) {
  return (
    methods: string,
    pattern: string,
    endpointClass: EndpointClass,
    ...options: RowOptions[]
  ): Endpoint[] =>
    methods.split('|').map((method) => ({
      method,
      pattern,
      class: endpointClass,
      dialect,
      body: 'none',
      model: noModel,
      stream: noStream,
      usage: null,
      listsModels: false,
      output: [],
      prompt: null,
      webSocket: false,
      ...Object.assign({}, ...options),
    }))
}

/** A JSON body that names its model in one of these members; without arguments in `model`. */
export function jsonWith(...members: string[]): RowOptions {
  return {
    body: 'json',
    model: { in: 'body', members: members.length === 0 ? ['model'] : members },
  }
}

/** A JSON body without a model. */
export const plainJson: RowOptions = { body: 'json' }

/** A JSON body with the model in the path. A model in the body is checked too. */
export const jsonOfPath: RowOptions = { body: 'json', model: { in: 'path' } }

/** An upload as multipart/form-data that names its model in a form field. */
export const form: RowOptions = { body: 'multipart', model: { in: 'form' } }

/** A body of any type, sent on unread. */
export const bytes: RowOptions = { body: 'bytes' }

/** Lines of JSON, as Ollama's own endpoints stream unless told otherwise. */
export const lines: RowOptions = { stream: { form: 'ndjson', by: 'stream', isDefault: true } }

/** Server-sent events where `stream` is true. */
export const events: RowOptions = { stream: { form: 'sse', by: 'stream', isDefault: false } }

/** Server-sent events in any case. */
export const alwaysEvents: RowOptions = { stream: { form: 'sse', by: null, isDefault: true } }

/** Raw bytes as they are made: speech. */
export const audio: RowOptions = { stream: { form: 'bytes', by: null, isDefault: true } }

/** An answer that counts used tokens in this form. */
export const counted = (usage: UsageForm): RowOptions => ({ usage })

/** Members that bound the output. A cap sets the first. */
export const boundedBy = (...output: string[]): RowOptions => ({ output })

/** The member that is empty in a request which only unloads the model. */
export const promptedBy = (prompt: string): RowOptions => ({ prompt })

/** The gatekeeper answers it itself. */
export const answeredHere: RowOptions = { isOwn: true }

/** The gatekeeper admits it, and the admin process answers it. */
export const handedOver: RowOptions = { isOwn: true, handedOver: true }

/** An answer that lists models. */
export const listed: RowOptions = { listsModels: true }

/** Returns the paths of a member of Gemini's configuration: Google's parser reads both spellings. */
export function geminiPaths(camel: string, snake: string): string[][] {
  return ['generationConfig', 'generation_config'].flatMap((outer) =>
    [camel, snake].map((inner) => [outer, inner]),
  )
}

export const geminiBounds = boundedBy(
  ...geminiPaths('maxOutputTokens', 'max_output_tokens').map((path) => path.join('.')),
)

// Endpoints that several servers have, as OpenAI or Anthropic defined them.
const modelJson = jsonWith()
export const chatCompletions = [
  ...[modelJson, events, counted(openaiUsage)],
  ...[boundedBy('max_tokens', 'max_completion_tokens')],
]
export const completions = [modelJson, events, counted(openaiUsage), boundedBy('max_tokens')]
export const responses = [
  modelJson,
  events,
  counted(responsesUsage),
  boundedBy('max_output_tokens'),
]
const anthropic: RowOptions = { isAnthropic: true }
export const messages = [
  ...[anthropic, modelJson, events, counted(anthropicUsage)],
  boundedBy('max_tokens'),
]
export const messageTokens = [anthropic, modelJson]
export const embeddings = [modelJson, counted(openaiUsage)]
export const rerank = [modelJson, counted(openaiUsage)]
export const speech = [modelJson, audio]
export const transcription = [form, events, counted(openaiUsage)]
