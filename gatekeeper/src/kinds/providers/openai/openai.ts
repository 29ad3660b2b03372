import {
  chatCompletions,
  completions,
  counted,
  embeddings,
  events,
  form,
  jsonWith,
  responses,
  rowsIn,
  speech,
  transcription,
} from '../../row.ts'
import { openaiUsage } from '../../usage-forms.ts'
import { modelCall, modelRows, providerKind } from '../provider-kind.ts'

const row = rowsIn('openai')

// Organisation, administration, files, vaults, containers, agents and webhooks are reached with the
// same key. They are not listed, so that nobody behind the gate reaches them.
export const openai = providerKind({
  name: 'openai',
  title: 'OpenAI',
  base: 'https://api.openai.com/v1',
  variable: 'OPENAI',
  keyField: 'authorization',
  usualModel: 'gpt-4.1-mini',
  // Its newer models refuse max_tokens.
  outputMember: 'max_completion_tokens',
  rows: [
    row('POST', '/chat/completions', 'use', ...chatCompletions),
    row('POST', '/responses', 'use', ...responses),
    row('POST', '/responses/compact', 'use', ...responses),
    row('POST', '/responses/input_tokens', 'read', jsonWith()),
    row('POST', '/completions', 'use', ...completions),
    row('POST', '/embeddings', 'use', ...embeddings),
    row('POST', '/moderations', 'use', jsonWith()),
    row('POST', '/images/generations', 'use', ...modelCall),
    row('POST', '/images/edits', 'use', form, events, counted(openaiUsage)),
    row('POST', '/audio/speech', 'use', ...speech),
    row('POST', '/audio/transcriptions', 'use', ...transcription),
    row('POST', '/audio/translations', 'use', ...transcription),
    modelRows,
  ].flat(),
})
