import { counted, rowsIn } from '../../row.ts'
import { perplexityUsage } from '../../usage-forms.ts'
import { providerKind, unaskedChat } from '../provider-kind.ts'

export const perplexity = providerKind({
  name: 'perplexity',
  title: 'Perplexity',
  base: 'https://api.perplexity.ai',
  variable: 'PERPLEXITY',
  keyField: 'authorization',
  usualModel: 'sonar',
  rows: rowsIn('openai')(
    'POST',
    '/chat/completions',
    'use',
    ...unaskedChat,
    counted(perplexityUsage),
  ),
})
