import { isUnder } from '../../lib/net/path.ts'
import type { Endpoint, EndpointClass } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import {
  alwaysEvents,
  bytes,
  chatCompletions,
  completions,
  counted,
  embeddings,
  events,
  form,
  geminiBounds,
  jsonOfPath,
  jsonWith,
  listed,
  messages,
  messageTokens,
  plainJson,
  type RowOptions,
  rerank,
  responses,
  rowsIn,
  speech,
  transcription,
} from '../row.ts'
import { geminiUsage, openaiUsage } from '../usage-forms.ts'
import { refusedMembers } from './refused-members.ts'

const row = rowsIn('openai')
const google = rowsIn('gemini')
const ofPath = { model: { in: 'path' } } as const

/** LiteLLM serves these with and without `/v1`. */
const bothWays = (
  methods: string,
  path: string,
  endpointClass: EndpointClass,
  ...options: RowOptions[]
): Endpoint[] => [
  ...row(methods, `/v1${path}`, endpointClass, ...options),
  ...row(methods, path, endpointClass, ...options),
]

/** Endpoints with the model in the path, as Azure's clients call them. */
const byDeployment: readonly (readonly [path: string, options: readonly RowOptions[]])[] = [
  ['/chat/completions', [...chatCompletions, jsonOfPath]],
  ['/completions', [...completions, jsonOfPath]],
  ['/embeddings', [...embeddings, jsonOfPath]],
]

const gemini = [jsonOfPath, counted(geminiUsage), geminiBounds]
const imageForm = [form, events, counted(openaiUsage)]

/**
 * LiteLLM's main endpoints. Without a database it knows one key only, its master key, so this table
 * is all that stands between a user and its administration: what is not listed is refused.
 */
const rows: readonly Endpoint[] = [
  bothWays('POST', '/chat/completions', 'use', ...chatCompletions),
  bothWays('POST', '/completions', 'use', ...completions),
  bothWays('POST', '/responses', 'use', ...responses),
  bothWays('POST', '/embeddings', 'use', ...embeddings),
  bothWays('POST', '/images/generations', 'use', jsonWith(), events, counted(openaiUsage)),
  bothWays('POST', '/images/edits', 'use', ...imageForm),
  bothWays('POST', '/images/variations', 'use', ...imageForm),
  bothWays('POST', '/audio/transcriptions', 'use', ...transcription),
  bothWays('POST', '/audio/translations', 'use', ...transcription),
  bothWays('POST', '/audio/speech', 'use', ...speech),
  bothWays('POST', '/rerank', 'use', ...rerank),
  row('POST', '/v2/rerank', 'use', ...rerank),
  bothWays('POST', '/moderations', 'use', jsonWith()),
  row('POST', '/v1/messages', 'use', ...messages),
  row('POST', '/v1/messages/count_tokens', 'read', ...messageTokens),
  row('POST', '/cursor/chat/completions', 'use', ...chatCompletions),
  byDeployment.flatMap(([path, options]) => [
    ...row('POST', `/engines/{+model}${path}`, 'use', ...options),
    ...row('POST', `/openai/deployments/{+model}${path}`, 'use', ...options),
  ]),
  ['/v1beta/models', '/models'].flatMap((path) => [
    ...google('POST', `${path}/{+model}:generateContent`, 'use', ...gemini),
    ...google('POST', `${path}/{+model}:streamGenerateContent`, 'use', ...gemini, alwaysEvents),
    ...google('POST', `${path}/{+model}:countTokens`, 'read', jsonOfPath),
  ]),
  bothWays('GET|HEAD', '/models', 'read', listed),
  bothWays('GET', '/models/{+model}', 'read', ofPath),
  row('GET|HEAD', '/health/liveliness', 'open'),

  // Asynchronous spending, ids across tenants, and `info` names the providers' addresses.
  bothWays('GET', '/model/info', 'manage'),
  row('GET', '/model_group/info', 'manage'),
  bothWays('GET|DELETE', '/responses/{response}', 'manage'),
  bothWays('GET', '/responses/{response}/input_items', 'manage'),
  bothWays('POST', '/responses/{response}/cancel', 'manage', bytes),
  bothWays('GET', '/files', 'manage'),
  bothWays('POST', '/files', 'manage', { ...form, model: { in: 'none' } }),
  bothWays('GET|DELETE', '/files/{file}', 'manage'),
  bothWays('GET', '/files/{file}/content', 'manage'),
  bothWays('GET', '/batches', 'manage'),
  bothWays('POST', '/batches', 'manage', plainJson),
  bothWays('GET', '/batches/{batch}', 'manage'),
  bothWays('POST', '/batches/{batch}/cancel', 'manage', bytes),
  // It calls every model at once, which costs money.
  row('GET', '/health', 'manage'),
  // They make credentials that the upstream accepts without the gatekeeper.
  bothWays('POST', '/realtime/client_secrets', 'never'),
  bothWays('POST', '/realtime/calls', 'never'),
  // Administration, its web page, and pass-through prefixes that skip the model checks.
  ...['key', 'user', 'team', 'config', 'spend', 'global', 'sso', 'ui', 'openai', 'anthropic'].map(
    (name) => row('GET|POST', `/${name}/*`, 'never'),
  ),
].flat()

/** LiteLLM, and other servers with OpenAI's endpoints. */
export const openai: Kind = {
  name: 'openai',
  title: '`kind: openai`: LiteLLM and other OpenAI-compatible servers',
  rows,
  dialectAt: (path) => (isUnder(path, '/v1beta') ? 'gemini' : 'openai'),
  takesModelLists: true,
  refusedMembers,
  // A form field such as `api_base` is read like the member of that name.
  hasRiskyForms: true,
  sellsModels: true,
  guardedPath: '/v1/models',
}
