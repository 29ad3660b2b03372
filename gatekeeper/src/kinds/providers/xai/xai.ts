import { openaiUsage, xaiUsage } from '../../usage-forms.ts'
import { openaiFamily, providerKind } from '../provider-kind.ts'

export const xai = providerKind({
  name: 'xai',
  title: 'xAI',
  base: 'https://api.x.ai/v1',
  variable: 'XAI',
  pricedAs: 'x-ai',
  keyField: 'authorization',
  usualModel: 'grok-4-fast-non-reasoning',
  rows: openaiFamily.map((row) => (row.usage === openaiUsage ? { ...row, usage: xaiUsage } : row)),
})
