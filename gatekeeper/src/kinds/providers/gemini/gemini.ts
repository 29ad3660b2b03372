import { isUnder } from '../../../lib/net/path.ts'
import {
  alwaysEvents,
  chatCompletions,
  counted,
  embeddings,
  geminiBounds,
  jsonOfPath,
  listed,
  rowsIn,
} from '../../row.ts'
import { geminiUsage } from '../../usage-forms.ts'
import { accountMembers, providerKind } from '../provider-kind.ts'

function plainName(name: string): string {
  return name.replace(/^models\//, '')
}

const google = rowsIn('gemini')
const row = rowsIn('openai')
// Without the query, the events are one JSON list.
const sse = { ...alwaysEvents, eventsQuery: 'alt=sse' }
const generate = [jsonOfPath, counted(geminiUsage), geminiBounds]

/** Cached contents, files, tuned models and batches are reached with the same key, not listed. */
export const gemini = providerKind({
  name: 'gemini',
  title: 'Google Gemini',
  base: 'https://generativelanguage.googleapis.com/v1beta',
  // Google's library asks for /v1 since its version 3.
  otherVersions: ['/v1'],
  variable: 'GEMINI',
  pricedAs: 'google',
  keyField: 'x-goog-api-key',
  usualModel: 'gemini-2.5-flash-lite',
  chat: {
    path: '/models/{model}:generateContent',
    streamPath: '/models/{model}:streamGenerateContent',
  },
  // An address elsewhere, such as a film at YouTube, is not a file of the account.
  accountMembers: accountMembers(
    ...['cachedcontent', 'cached_content', 'fileuri', 'file_uri'],
    ...['filesearchstorenames', 'file_search_store_names'],
  ),
  // Its lists name `models/NAME`, and paths NAME.
  modelNames: { normalize: plainName, normalizePattern: plainName, isCloud: () => false },
  // Below `/openai` it speaks OpenAI's API.
  dialectAt: (path) => (isUnder(path, '/openai') ? 'openai' : 'gemini'),
  rows: [
    google('POST', '/models/{model}:generateContent', 'use', ...generate),
    google('POST', '/models/{model}:streamGenerateContent', 'use', ...generate, sse),
    google('POST', '/models/{model}:embedContent', 'use', jsonOfPath),
    google('POST', '/models/{model}:batchEmbedContents', 'use', jsonOfPath),
    google('POST', '/models/{model}:countTokens', 'read', jsonOfPath),
    google('GET|HEAD', '/models', 'read', listed),
    google('GET', '/models/{model}', 'read', { model: { in: 'path' } }),
    row('POST', '/openai/chat/completions', 'use', ...chatCompletions),
    row('POST', '/openai/embeddings', 'use', ...embeddings),
    row('GET|HEAD', '/openai/models', 'read', listed),
  ].flat(),
})
