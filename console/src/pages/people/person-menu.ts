import type { MenuItem } from '../../parts/menu-item.ts'
import { seesInstallation, session } from '../../session.ts'
import type { Person } from './person.ts'
import type { Asked } from './person-dialogs.tsx'

/** Returns what may be done about a person: nobody shuts themselves out, and only owners touch owners. */
export function menuOf(of: Person, ask: (asked: Asked) => void): readonly MenuItem[] {
  const me = session.value?.person
  const isMe = me?.id === of.id
  const isAbove = of.role === 'owner' && me?.role !== 'owner'
  const item = (
    title: string,
    kind: Exclude<Asked['kind'], 'invite' | 'link'>,
    isDanger = false,
  ) => ({
    ...{ title, isDanger, isDisabled: isAbove || (isDanger && isMe) },
    onChoose: () => ask({ kind, of }),
  })
  // A name may be in the keys and records of other teams too.
  const ofAll = (items: readonly MenuItem[]) => (seesInstallation() ? items : [])
  return [
    item('Change role and access', 'edit'),
    { ...item('New link for lost passkeys', 'reset'), isDisabled: isAbove || of.disabled },
    of.disabled ? item('Enable', 'enable') : item('Disable', 'disable', true),
    ...ofAll([{ ...item('Export data', 'export'), isDisabled: false }]),
    item('Remove', 'remove', true),
    ...ofAll([item('Erase', 'erase', true)]),
  ]
}
