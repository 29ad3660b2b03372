import { providers } from '../kinds/providers/providers.ts'
import { type SettingRow, settingRows } from './settings.ts'

/** How the two settings of a provider are called. */
export function settingNames(variable: string) {
  return { key: `${variable}_API_KEY`, baseUrl: `${variable}_BASE_URL` }
}

/** The settings of all providers, made from their list. */
const providerRows: readonly SettingRow[] = providers.flatMap(({ provider }) => {
  const { key, baseUrl } = settingNames(provider.variable)
  const others = (provider.otherVariables ?? []).map((variable) => settingNames(variable))
  return [
    {
      name: key,
      kind: 'secret',
      fallback: null,
      aliases: others.map((names) => names.key),
      help: `Key for ${provider.title}; with it, keys that name the service may call it`,
    },
    {
      name: baseUrl,
      kind: 'url',
      fallback: null,
      aliases: others.map((names) => names.baseUrl),
      help: `Where it is, with the version; unset: ${provider.base}`,
    },
  ]
})

/** Every setting, those of providers among them. */
export const allRows: readonly SettingRow[] = [...settingRows, ...providerRows]
