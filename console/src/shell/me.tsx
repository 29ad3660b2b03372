import { useShared } from '../lib/shared.ts'
import { Menu } from '../parts/menu.tsx'
import { go } from '../place.ts'
import { endSession, type SessionView } from '../session.ts'
import { chooseTheme, type Theme, theme, themes } from '../theme/theme.ts'

const themeTitles: Readonly<Record<Theme, string>> = {
  system: 'Theme of the system',
  light: 'Light theme',
  dark: 'Dark theme',
}

/** Whose session this is: a planted one would be somebody else's. Theme, help, signing out. */
export function Me({ me, onHelp }: { me: SessionView; onHelp: () => void }) {
  const { person } = me
  const chosen = useShared(theme)
  const name = person.title ?? person.name
  return (
    <div class="me">
      <span class="avatar" aria-hidden="true">
        {initialsOf(name)}
      </span>
      <div class="who">
        <span class="name">{name}</span>
        <span class="hint">{person.role}</span>
      </div>
      <Menu
        label={`Signed in as ${name}: theme, help, sign out`}
        items={[
          ...themes.map((one) => ({
            title: themeTitles[one],
            isChecked: chosen === one,
            onChoose: () => chooseTheme(one),
          })),
          { title: 'Keyboard and help', onChoose: onHelp },
          { title: 'Sign out', onChoose: () => void signOut() },
        ]}
      />
    </div>
  )
}

async function signOut(): Promise<void> {
  await endSession()
  go('/signin')
}

export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean)
  const letters = words.length > 1 ? words.map((word) => word[0]) : [...(words[0] ?? '?')]
  return letters.slice(0, 2).join('').toUpperCase()
}
