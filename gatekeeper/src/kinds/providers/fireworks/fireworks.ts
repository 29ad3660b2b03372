import { openaiFamily, providerKind } from '../provider-kind.ts'

export const fireworks = providerKind({
  name: 'fireworks',
  title: 'Fireworks AI',
  base: 'https://api.fireworks.ai/inference/v1',
  variable: 'FIREWORKS',
  keyField: 'authorization',
  rows: openaiFamily,
})
