import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind, RefusedMembers } from '../../model/kind.ts'
import type { Provider } from '../../model/provider.ts'
import { refusedMembers as ofLiteLLM } from '../openai/refused-members.ts'
import {
  chatCompletions,
  completions,
  counted,
  embeddings,
  events,
  jsonWith,
  listed,
  rowsIn,
} from '../row.ts'
import { openaiUsage, unaskedUsage } from '../usage-forms.ts'

/** A provider, with what its kind needs. */
type ProviderEntry = Provider &
  Pick<
    Kind,
    'name' | 'dialectAt' | 'takesModelLists' | 'modelNames' | 'refusedMembers' | 'accountMembers'
  > & {
    /** Paths relative to `base`; what is not listed does not exist. */
    readonly rows: readonly Endpoint[]
  }

/** Ids of files, stores and containers, as OpenAI's API has them and others have taken over. */
const usualAccountMembers: ReadonlySet<string> = new Set([
  ...['file_id', 'file_ids', 'vector_store_ids', 'container', 'container.id', 'container_id'],
  ...['skill_id', 'prompt.id', 'audio.id', 'voice.id'],
])

/** The usual members that refer to objects of the account, and further ones. */
export const accountMembers = (...names: string[]): ReadonlySet<string> =>
  new Set([...usualAccountMembers, ...names])

/** Refuses members at the top of a body by which a caller would use what the account has set up. */
export function settingsOfAccount(...names: string[]): RefusedMembers {
  return {
    isRefused: (folded) => names.includes(folded),
    why: 'it chooses what the account of the operator has set up, or other models',
  }
}

/** The kind of a provider's services. */
export type ProviderKind = Kind & { readonly provider: Provider }

/** Returns the kind of a provider's services: granted by name, priced by the built-in table. */
export function providerKind(entry: ProviderEntry): ProviderKind {
  const { name, rows, dialectAt, takesModelLists, modelNames, refusedMembers, ...rest } = entry
  const { accountMembers = usualAccountMembers, ...provider } = rest
  return {
    ...{ name, title: `Provider \`${name}\`: ${provider.title}`, rows, provider },
    ...(dialectAt && { dialectAt }),
    ...(modelNames && { modelNames }),
    ...(takesModelLists && { takesModelLists }),
    ...(refusedMembers && { refusedMembers }),
    accountMembers,
    byNameOnly: true,
    furtherCarriers: 'split keys',
    sellsModels: true,
    keepsConnections: true,
    guardedPath: '/models',
  }
}

/**
 * Returns a provider of the operator's own, which speaks as a known one does. It may be a LiteLLM, so
 * callers may not set what they may not set there.
 */
export function renameProvider(
  { provider, ...kind }: ProviderKind,
  name: string,
  base: string,
): ProviderKind {
  const { refusedMembers = ofLiteLLM } = kind
  return { ...kind, refusedMembers, name, title: name, provider: { ...provider, base } }
}

const row = rowsIn('openai')

/** The list of models and one of them, as OpenAI defined it. */
export const modelRows: readonly Endpoint[] = [
  ...row('GET|HEAD', '/models', 'read', listed),
  ...row('GET', '/models/{model}', 'read', { model: { in: 'path' } }),
]

/** What nearly all providers with OpenAI's API have. */
export const openaiFamily: readonly Endpoint[] = [
  ...row('POST', '/chat/completions', 'use', ...chatCompletions),
  ...row('POST', '/completions', 'use', ...completions),
  ...row('POST', '/embeddings', 'use', ...embeddings),
  ...modelRows,
]

/** Chat at a provider that reports usage in every stream, and refuses a request for it. */
export const unaskedChat = [...chatCompletions, counted(unaskedUsage)]

/** JSON with a model, whose answer has OpenAI's `usage` and may stream. */
export const modelCall = [jsonWith(), events, counted(openaiUsage)]
