import { openaiFamily, providerKind } from '../provider-kind.ts'

export const together = providerKind({
  name: 'together',
  title: 'Together AI',
  base: 'https://api.together.xyz/v1',
  variable: 'TOGETHER',
  keyField: 'authorization',
  usualModel: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  rows: openaiFamily,
})
