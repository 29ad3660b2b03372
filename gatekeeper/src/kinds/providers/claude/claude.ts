import { jsonWith, messages, rowsIn } from '../../row.ts'
import { modelRows, providerKind } from '../provider-kind.ts'

const row = rowsIn('openai')

/** Organisations, files, agents and environments are reached with the same key and are not listed. */
export const claude = providerKind({
  name: 'claude',
  title: 'Anthropic',
  base: 'https://api.anthropic.com/v1',
  variable: 'CLAUDE',
  otherVariables: ['ANTHROPIC'],
  pricedAs: 'anthropic',
  keyField: 'x-api-key',
  usualModel: 'claude-haiku-4-5',
  chat: { path: '/messages' },
  usualFields: { 'anthropic-version': '2023-06-01' },
  rows: [
    row('POST', '/messages', 'use', ...messages),
    row('POST', '/messages/count_tokens', 'read', jsonWith()),
    modelRows,
  ].flat(),
})
