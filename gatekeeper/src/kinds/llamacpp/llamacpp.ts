import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import { otherEffects } from '../refused-members.ts'
import {
  boundedBy,
  chatCompletions,
  completions,
  counted,
  embeddings,
  events,
  form,
  jsonWith,
  listed,
  messages,
  messageTokens,
  rerank,
  responses,
  rowsIn,
  speech,
  transcription,
} from '../row.ts'
import { openaiUsage } from '../usage-forms.ts'

/** They choose a slot of others, other weights, or a template that never ends. */
const refused = new Set(['id_slot', 'slot_id', 'lora', 'chat_template'])

const row = rowsIn('openai')
const imageForm = [form, events, counted(openaiUsage)]
const ownCompletion = [
  jsonWith(),
  events,
  counted(openaiUsage),
  boundedBy('n_predict', 'max_tokens'),
]

/**
 * Only admins may load and unload models and see slots, which hold prompts of others; nobody may see
 * the logs, which hold them too.
 */
const rows: readonly Endpoint[] = [
  row('GET|HEAD', '/health', 'open'),
  row('GET|HEAD', '/v1/health', 'open'),
  row('GET|HEAD', '/v1/models', 'read', listed),
  row('GET|HEAD', '/models', 'read', listed),
  row('POST', '/v1/chat/completions', 'use', ...chatCompletions),
  row('POST', '/chat/completions', 'use', ...chatCompletions),
  row('POST', '/v1/completions', 'use', ...completions),
  row('POST', '/completion', 'use', ...ownCompletion),
  row('POST', '/completions', 'use', ...ownCompletion),
  row('POST', '/infill', 'use', ...ownCompletion),
  row('POST', '/v1/responses', 'use', ...responses),
  row('POST', '/v1/messages', 'use', ...messages),
  row('POST', '/v1/messages/count_tokens', 'read', ...messageTokens),
  row('POST', '/v1/embeddings', 'use', ...embeddings),
  row('POST', '/embeddings', 'use', ...embeddings),
  row('POST', '/embedding', 'use', ...embeddings),
  row('POST', '/v1/rerank', 'use', ...rerank),
  row('POST', '/v1/reranking', 'use', ...rerank),
  row('POST', '/rerank', 'use', ...rerank),
  row('POST', '/reranking', 'use', ...rerank),
  // llama-swap also stands before speech, Whisper and image servers.
  row('POST', '/v1/audio/speech', 'use', ...speech),
  row('POST', '/v1/audio/transcriptions', 'use', ...transcription),
  row('POST', '/v1/audio/translations', 'use', ...transcription),
  row('GET', '/v1/audio/voices', 'read'),
  row('POST', '/v1/audio/voices', 'manage', jsonWith()),
  row('POST', '/v1/images/generations', 'use', jsonWith(), events, counted(openaiUsage)),
  row('POST', '/v1/images/edits', 'use', ...imageForm),
  row('POST', '/v1/images/variations', 'use', ...imageForm),
  row('POST', '/sdapi/v1/img2img', 'use', jsonWith()),
  row('POST', '/tokenize', 'use', jsonWith()),
  row('POST', '/detokenize', 'use', jsonWith()),
  row('POST', '/apply-template', 'use', jsonWith()),
  row('POST', '/sdapi/v1/txt2img', 'use', jsonWith()),
  row('GET', '/props', 'manage'),
  row('GET', '/slots', 'manage'),
  row('GET', '/metrics', 'manage'),
  row('GET', '/running', 'manage'),
  // A GET that changes something: a page's image tag could ask for it.
  row('GET', '/unload', 'manage'),
  row('POST', '/models/load', 'manage', jsonWith()),
  row('POST', '/models/unload', 'manage', jsonWith()),
  row('GET', '/logs', 'never'),
  row('GET', '/logs/*', 'never'),
  row('GET|POST', '/upstream/*', 'never'),
  row('GET|POST', '/ui/*', 'never'),
].flat()

/** llama.cpp's server, and llama-swap in front of several. Its list of models needs no key. */
export const llamacpp: Kind = {
  name: 'llamacpp',
  title: '`kind: llamacpp`: llama.cpp’s server, llama-swap',
  rows,
  refusedMembers: { isRefused: (name) => refused.has(name), why: otherEffects },
}
