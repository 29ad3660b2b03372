/** Every setting: those of `settings.ts`, and two for each provider. */
import { providers } from '../kinds/providers/providers.ts'
import { type SettingRow, settingRows } from './settings.ts'

/** Returns the names of the two settings of a provider. */
export function settingNames(variable: string) {
  return { key: `${variable}_API_KEY`, baseUrl: `${variable}_BASE_URL` }
}

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

export const allRows: readonly SettingRow[] = [...settingRows, ...providerRows]
