import { shared } from '../lib/shared.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const storageName = 'gatekeeper.theme'

/** The chosen theme; `system` follows the reader's system. */
export const theme = shared<Theme>(readTheme())

/** Counts changes of colours, whoever made them: what is drawn on a canvas is drawn again. */
export const themeChanges = shared(0)

/** Applies the theme and remembers it. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  const root = document.documentElement
  if (chosen === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = chosen
  try {
    localStorage.setItem(storageName, chosen)
  } catch {
    // Without storage the choice holds until the page is closed.
  }
  themeChanges.value += 1
}

/** Follows changes of the system's theme. */
export function followSystemTheme(): void {
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(query).addEventListener('change', () => {
      themeChanges.value += 1
    })
  }
}

function readTheme(): Theme {
  const set = document.documentElement.dataset['theme']
  return themes.find((name) => name === set) ?? 'system'
}
