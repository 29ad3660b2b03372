import { nobodysModel } from '../../../model/endpoint.ts'
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
import { providerKind, settingsOfAccount } from '../provider-kind.ts'

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
  usualModel: 'openai/gpt-4.1-mini',
  takesModelLists: true,
  refusedMembers: settingsOfAccount('preset', 'plugins'),
  // A preset of the account can also be a part of the model's name.
  modelNames: {
    normalize: (name) => (name.includes('@preset/') ? nobodysModel : name),
    normalizePattern: (pattern) => pattern,
    isCloud: () => false,
  },
  rows: [
    row('POST', '/chat/completions', 'use', ...chatCompletions, withOthers, told),
    row('POST', '/completions', 'use', ...completions, withOthers, told),
    row('POST', '/embeddings', 'use', ...embeddings, withOthers, told),
    row('GET|HEAD', '/models', 'read', listed),
  ].flat(),
})
