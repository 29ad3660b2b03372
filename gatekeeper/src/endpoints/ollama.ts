import type { Endpoint } from '../policy/endpoint.ts'
import { bytes, form, jsonWith, plainJson, rowsIn } from './row.ts'

const native = rowsIn('ollama')
const compatible = rowsIn('openai')
const inPath = { model: { in: 'path' } } as const

/** Ollama's native and compatible endpoints; what is not listed here does not exist. */
export const ollamaEndpoints: readonly Endpoint[] = [
  native('GET|HEAD', '/', 'open'),
  native('GET|HEAD', '/api/version', 'open'),
  native('GET|HEAD', '/api/tags', 'read'),
  native('GET', '/api/ps', 'read'),
  native('POST', '/api/show', 'read', jsonWith('model', 'name')),
  native('GET', '/api/status', 'read'),
  native('GET', '/api/experimental/model-recommendations', 'read'),
  native('POST', '/api/generate', 'use', jsonWith()),
  native('POST', '/api/chat', 'use', jsonWith()),
  native('POST', '/api/embed', 'use', jsonWith()),
  native('POST', '/api/embeddings', 'use', jsonWith()),
  native('POST', '/api/pull', 'manage', jsonWith('model', 'name')),
  native('POST', '/api/push', 'manage', jsonWith('model', 'name')),
  native('POST', '/api/create', 'manage', jsonWith('model', 'name', 'from')),
  native('POST', '/api/blobs/:digest', 'manage', bytes),
  native('HEAD', '/api/blobs/:digest', 'manage'),
  native('POST', '/api/copy', 'manage', jsonWith('source', 'destination')),
  native('DELETE', '/api/delete', 'manage', jsonWith('model', 'name')),
  native('POST', '/api/experimental/web_search', 'manage', plainJson),
  native('POST', '/api/experimental/web_fetch', 'manage', plainJson),
  // The host's account at the vendor, and Go's profiler on the same mux.
  native('POST', '/api/me', 'never'),
  native('POST', '/api/signout', 'never'),
  native('DELETE', '/api/user/keys/:key', 'never'),
  native('GET|POST', '/debug/pprof/*', 'never'),

  compatible('POST', '/v1/chat/completions', 'use', jsonWith()),
  compatible('POST', '/v1/completions', 'use', jsonWith()),
  compatible('POST', '/v1/embeddings', 'use', jsonWith()),
  compatible('POST', '/v1/responses', 'use', jsonWith()),
  compatible('POST', '/v1/messages', 'use', jsonWith()),
  compatible('POST', '/v1/audio/transcriptions', 'use', form),
  compatible('GET|HEAD', '/v1/models', 'read'),
  compatible('GET|HEAD', '/v1/models/:model', 'read', inPath),
].flat()
