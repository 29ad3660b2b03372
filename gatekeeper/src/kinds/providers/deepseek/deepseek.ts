import { openaiFamily, providerKind } from '../provider-kind.ts'

export const deepseek = providerKind({
  name: 'deepseek',
  title: 'DeepSeek',
  base: 'https://api.deepseek.com/v1',
  variable: 'DEEPSEEK',
  keyField: 'authorization',
  usualModel: 'deepseek-chat',
  rows: openaiFamily,
})
