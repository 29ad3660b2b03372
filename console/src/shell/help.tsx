import { useShared } from '../lib/shared.ts'
import { Button } from '../parts/button.tsx'
import { Check } from '../parts/checks.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { placesOf } from '../places.ts'
import { session } from '../session.ts'
import { hasShortcuts, switchShortcuts } from './shortcuts.ts'

/** The keys, and where more is written. */
export function Help({ onClose }: { onClose: () => void }) {
  const me = useShared(session)
  const isOn = useShared(hasShortcuts)
  if (me === null) return null
  const mine = placesOf(me.person.role)
  return (
    <Dialog
      title="Keyboard"
      hint={`Gatekeeper ${me.site.version}. Everything here can be done in a terminal as well: each page names its command.`}
      onClose={onClose}
      footer={
        <Button look="main" onClick={onClose}>
          Close
        </Button>
      }
    >
      <dl class="keys">
        <Shortcut keys={['/']} does="Search" />
        <Shortcut keys={['?']} does="This help" />
        <Shortcut keys={['Esc']} does="Close a dialog or menu" />
        {mine.map(({ jump, title, path }) => (
          <Shortcut key={path} keys={['g', jump]} does={title} />
        ))}
      </dl>
      <Check
        label="Use keys of one letter"
        help="Switch this off if you speak to your computer."
        isChecked={isOn}
        onChange={switchShortcuts}
      />
    </Dialog>
  )
}

function Shortcut({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  )
}
