import { providerKind } from '../../../src/kinds/providers/provider-kind.ts'
import { counted, jsonWith, listed, rowsIn } from '../../../src/kinds/row.ts'
import { openaiUsage } from '../../../src/kinds/usage-forms.ts'

const row = rowsIn('openai')

/** A provider that nobody has: its own version, names, chat and field for the key. */
export const toyProvider = providerKind({
  name: 'puppet',
  title: 'Puppet Models',
  base: 'https://api.puppet.example/show/v7',
  variable: 'PUPPET',
  keyField: 'x-api-key',
  usualFields: { 'puppet-version': '7' },
  chat: { path: '/talk' },
  rows: [
    row('POST', '/talk', 'use', jsonWith('doll'), counted(openaiUsage)),
    row('GET', '/dolls', 'read', listed),
  ].flat(),
})
