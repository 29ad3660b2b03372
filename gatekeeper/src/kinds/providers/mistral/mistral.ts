import { counted, embeddings, jsonWith, rowsIn, speech, transcription } from '../../row.ts'
import { unaskedUsage } from '../../usage-forms.ts'
import { accountMembers, modelRows, providerKind, unaskedChat } from '../provider-kind.ts'

const row = rowsIn('openai')

/** Connectors, workflows, service accounts, libraries and observability are not listed. */
export const mistral = providerKind({
  name: 'mistral',
  title: 'Mistral',
  base: 'https://api.mistral.ai/v1',
  variable: 'MISTRAL',
  keyField: 'authorization',
  usualModel: 'mistral-small-latest',
  accountMembers: accountMembers('library_ids'),
  rows: [
    row('POST', '/chat/completions', 'use', ...unaskedChat),
    row('POST', '/fim/completions', 'use', ...unaskedChat),
    row('POST', '/agents/completions', 'use', ...unaskedChat),
    row('POST', '/embeddings', 'use', ...embeddings),
    row('POST', '/ocr', 'use', jsonWith()),
    row('POST', '/moderations', 'use', jsonWith()),
    row('POST', '/chat/moderations', 'use', jsonWith()),
    row('POST', '/classifications', 'use', jsonWith(), counted(unaskedUsage)),
    row('POST', '/audio/speech', 'use', ...speech),
    row('POST', '/audio/transcriptions', 'use', ...transcription),
    modelRows,
  ].flat(),
})
