import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import { otherEffects } from '../refused-members.ts'
import {
  chatCompletions,
  completions,
  embeddings,
  jsonWith,
  listed,
  messages,
  rerank,
  responses,
  rowsIn,
  transcription,
} from '../row.ts'

/** They choose a template that never ends, or act on the requests of others. */
const refused = new Set(['chat_template', 'kv_transfer_params', 'priority', 'request_id'])

const row = rowsIn('openai')

/**
 * vLLM's own key guards some prefixes only, so these rows guard the rest: `/invocations` is inference
 * by another name, and the others act on all callers.
 */
const rows: readonly Endpoint[] = [
  row('GET|HEAD', '/health', 'open'),
  row('GET', '/version', 'read'),
  row('GET|HEAD', '/v1/models', 'read', listed),
  row('POST', '/v1/chat/completions', 'use', ...chatCompletions),
  row('POST', '/v1/completions', 'use', ...completions),
  row('POST', '/v1/responses', 'use', ...responses),
  row('POST', '/v1/messages', 'use', ...messages),
  row('POST', '/v1/embeddings', 'use', ...embeddings),
  row('POST', '/v1/audio/transcriptions', 'use', ...transcription),
  row('POST', '/v1/audio/translations', 'use', ...transcription),
  row('POST', '/v1/rerank', 'use', ...rerank),
  row('POST', '/v2/rerank', 'use', ...rerank),
  row('POST', '/rerank', 'use', ...rerank),
  row('POST', '/v1/score', 'use', ...rerank),
  row('POST', '/score', 'use', ...rerank),
  row('POST', '/pooling', 'use', ...rerank),
  row('POST', '/classify', 'use', ...rerank),
  ...[
    ...['invocations', 'tokenize', 'detokenize', 'pause', 'resume', 'abort_requests', 'sleep'],
    ...['update_weights', 'wake_up', 'collective_rpc', 'reset_prefix_cache', 'reset_mm_cache'],
    ...['reset_encoder_cache', 'v1/load_lora_adapter', 'v1/unload_lora_adapter'],
  ].map((name) => row('POST', `/${name}`, 'never', jsonWith())),
  row('GET', '/metrics', 'never'),
].flat()

/** vLLM. */
export const vllm: Kind = {
  name: 'vllm',
  title: '`kind: vllm`: vLLM',
  rows,
  refusedMembers: { isRefused: (name) => refused.has(name), why: otherEffects },
  guardedPath: '/v1/models',
}
