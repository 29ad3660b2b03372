import type { Endpoint, EndpointClass } from '../policy/endpoint.ts'
import { bytes, form, jsonWith, plainJson, rowsIn } from './row.ts'

const row = rowsIn('openai')

/** LiteLLM serves these with and without `/v1`. */
const bothWays = (
  methods: string,
  path: string,
  endpointClass: EndpointClass,
  options?: Parameters<typeof row>[3],
): Endpoint[] => [
  ...row(methods, `/v1${path}`, endpointClass, options),
  ...row(methods, path, endpointClass, options),
]

/**
 * LiteLLM's main endpoints. Without a database it knows one key only, its master key, so this table
 * is all that stands between a user and its administration: what is not listed is refused.
 */
export const openaiEndpoints: readonly Endpoint[] = [
  bothWays('POST', '/chat/completions', 'use', jsonWith()),
  bothWays('POST', '/completions', 'use', jsonWith()),
  bothWays('POST', '/responses', 'use', jsonWith()),
  bothWays('POST', '/embeddings', 'use', jsonWith()),
  bothWays('POST', '/images/generations', 'use', jsonWith()),
  bothWays('POST', '/images/edits', 'use', form),
  bothWays('POST', '/images/variations', 'use', form),
  bothWays('POST', '/audio/transcriptions', 'use', form),
  bothWays('POST', '/audio/translations', 'use', form),
  bothWays('POST', '/audio/speech', 'use', jsonWith()),
  bothWays('POST', '/rerank', 'use', jsonWith()),
  row('POST', '/v2/rerank', 'use', jsonWith()),
  bothWays('POST', '/moderations', 'use', jsonWith()),
  row('POST', '/v1/messages', 'use', jsonWith()),
  row('POST', '/v1/messages/count_tokens', 'read', jsonWith()),
  bothWays('GET|HEAD', '/models', 'read'),
  bothWays('GET', '/models/:model', 'read', { model: { in: 'path' } }),
  row('GET|HEAD', '/health/liveliness', 'open'),

  // Asynchronous spending, ids across tenants, and `info` names the providers' addresses.
  bothWays('GET', '/model/info', 'manage'),
  row('GET', '/model_group/info', 'manage'),
  bothWays('GET', '/files', 'manage'),
  bothWays('POST', '/files', 'manage', { ...form, model: { in: 'none' } }),
  bothWays('GET|DELETE', '/files/:file', 'manage'),
  bothWays('GET', '/files/:file/content', 'manage'),
  bothWays('GET', '/batches', 'manage'),
  bothWays('POST', '/batches', 'manage', plainJson),
  bothWays('GET', '/batches/:batch', 'manage'),
  bothWays('POST', '/batches/:batch/cancel', 'manage', bytes),
  // It calls every model at once, and so costs money.
  row('GET', '/health', 'manage'),
  // Administration, its web page, and pass-through prefixes that skip the model checks.
  ...['key', 'user', 'team', 'config', 'spend', 'global', 'sso', 'ui', 'openai', 'anthropic'].map(
    (name) => row('GET|POST', `/${name}/*`, 'never'),
  ),
].flat()
