import {
  chatCompletions,
  counted,
  embeddings,
  responses,
  rowsIn,
  speech,
  transcription,
} from '../../row.ts'
import { groqUsage } from '../../usage-forms.ts'
import { modelRows, providerKind, settingsOfAccount } from '../provider-kind.ts'

const row = rowsIn('openai')

export const groq = providerKind({
  name: 'groq',
  title: 'Groq',
  base: 'https://api.groq.com/openai/v1',
  variable: 'GROQ',
  keyField: 'authorization',
  usualModel: 'llama-3.3-70b-versatile',
  // It chooses the models behind a compound one, and tools of the account.
  refusedMembers: settingsOfAccount('compound_custom'),
  rows: [
    row('POST', '/chat/completions', 'use', ...chatCompletions, counted(groqUsage)),
    row('POST', '/responses', 'use', ...responses),
    row('POST', '/embeddings', 'use', ...embeddings),
    row('POST', '/audio/speech', 'use', ...speech),
    row('POST', '/audio/transcriptions', 'use', ...transcription),
    row('POST', '/audio/translations', 'use', ...transcription),
    modelRows,
  ].flat(),
})
