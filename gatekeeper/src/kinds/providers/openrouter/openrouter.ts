import {
  chatCompletions,
  completions,
  counted,
  embeddings,
  jsonWith,
  listed,
  rowsIn,
} from '../../row.ts'
import { openrouterUsage } from '../../usage-forms.ts'
import { providerKind } from '../provider-kind.ts'

const row = rowsIn('openai')
// It tries the models of `models` where `model` fails, so that each of them must be allowed.
const withOthers = jsonWith('model', 'models')
const told = counted(openrouterUsage)

export const openrouter = providerKind({
  name: 'openrouter',
  title: 'OpenRouter',
  base: 'https://openrouter.ai/api/v1',
  variable: 'OPENROUTER',
  keyField: 'authorization',
  takesModelLists: true,
  rows: [
    row('POST', '/chat/completions', 'use', ...chatCompletions, withOthers, told),
    row('POST', '/completions', 'use', ...completions, withOthers, told),
    row('POST', '/embeddings', 'use', ...embeddings, withOthers, told),
    row('GET|HEAD', '/models', 'read', listed),
  ].flat(),
})
