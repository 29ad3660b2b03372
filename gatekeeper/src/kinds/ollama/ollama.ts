import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import type { UsageForm } from '../../model/usage-form.ts'
import {
  answeredHere,
  boundedBy,
  bytes,
  chatCompletions,
  completions,
  counted,
  embeddings,
  jsonWith,
  lines,
  listed,
  messages,
  messageTokens,
  plainJson,
  promptedBy,
  responses,
  rowsIn,
  transcription,
} from '../row.ts'
import { modelNames } from './model-names.ts'

export const ollamaUsage: UsageForm = {
  name: 'ollama',
  figures: [
    [['prompt_eval_count'], 'input'],
    [['eval_count'], 'output'],
  ],
  models: [['model']],
  ending: { place: ['done'], values: ['true'] },
}

const native = rowsIn('ollama')
const compatible = rowsIn('openai')
const inPath = { model: { in: 'path' } } as const
const generation = [jsonWith(), lines, counted(ollamaUsage), boundedBy('options.num_predict')]

/** Native and compatible endpoints. */
const rows: readonly Endpoint[] = [
  native('GET|HEAD', '/', 'open'),
  native('GET|HEAD', '/api/version', 'open'),
  native('GET|HEAD', '/api/tags', 'read', listed),
  native('GET', '/api/ps', 'read', listed),
  native('POST', '/api/show', 'read', jsonWith('model', 'name')),
  native('GET', '/api/status', 'read'),
  native('GET', '/api/experimental/model-recommendations', 'read'),
  native('POST', '/api/generate', 'use', ...generation, promptedBy('prompt')),
  native('POST', '/api/chat', 'use', ...generation, promptedBy('messages')),
  native('POST', '/api/embed', 'use', jsonWith(), counted(ollamaUsage), promptedBy('input')),
  native('POST', '/api/embeddings', 'use', jsonWith(), promptedBy('prompt')),
  native('POST', '/api/pull', 'manage', jsonWith('model', 'name'), lines),
  native('POST', '/api/push', 'manage', jsonWith('model', 'name'), lines),
  native('POST', '/api/create', 'manage', jsonWith('model', 'name', 'from'), lines),
  native('POST', '/api/blobs/{digest}', 'manage', bytes),
  native('HEAD', '/api/blobs/{digest}', 'manage'),
  native('POST', '/api/copy', 'manage', jsonWith('source', 'destination')),
  native('DELETE', '/api/delete', 'manage', jsonWith('model', 'name')),
  native('POST', '/api/experimental/web_search', 'manage', plainJson),
  native('POST', '/api/experimental/web_fetch', 'manage', plainJson),
  // The host's account at the vendor, and Go's profiler on the same mux.
  native('POST', '/api/me', 'never'),
  native('POST', '/api/signout', 'never'),
  native('DELETE', '/api/user/keys/{key}', 'never'),
  native('GET|POST', '/debug/pprof/*', 'never'),

  compatible('POST', '/v1/chat/completions', 'use', ...chatCompletions),
  compatible('POST', '/v1/completions', 'use', ...completions),
  compatible('POST', '/v1/embeddings', 'use', ...embeddings),
  compatible('POST', '/v1/responses', 'use', ...responses),
  compatible('POST', '/v1/messages', 'use', ...messages),
  compatible('POST', '/v1/messages/count_tokens', 'read', ...messageTokens, answeredHere),
  compatible('POST', '/v1/audio/transcriptions', 'use', ...transcription),
  compatible('GET|HEAD', '/v1/models', 'read', listed),
  compatible('GET|HEAD', '/v1/models/{+model}', 'read', inPath),
].flat()

/** Ollama. */
export const ollama: Kind = {
  name: 'ollama',
  title: '`kind: ollama`: Ollama, native and compatible',
  rows,
  dialectAt: (path) => (path.startsWith('/v1') ? 'openai' : 'ollama'),
  modelNames,
  foldsNames: true,
  readsFirstBound: true,
  guardedPath: '/v1/models',
  // Ollama announces when it closes a connection. Other servers do not, and the next request on
  // that connection fails.
  keepsConnections: true,
  // Ollama's own default (`OLLAMA_NUM_PARALLEL`). Its queue is not fair.
  slots: 1,
}
