import { call, callTagged } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import type { MenuItem } from '../../parts/menu-item.ts'
import { go } from '../../place.ts'
import { EditKeyDialog } from './edit-key-dialog.tsx'
import { explainPath, type Key, mayChangeKey, mayEnable } from './keys.ts'
import { RotateDialog } from './rotate-dialog.tsx'

export type KeyAct = 'edit' | 'rotate' | 'disable' | 'enable' | 'remove'

/** What can be done with a key by this person. */
export function keyMenu(key: Key, open: (act: KeyAct) => void): readonly MenuItem[] {
  const explain = { title: 'Explain a request', onChoose: () => go(explainPath(key)) }
  const show = { title: 'Show', onChoose: () => go(`/keys/${key.id}`) }
  if (!mayChangeKey()) return [show, explain]
  const isPlain = key.id.startsWith('plain-')
  return [
    show,
    { title: 'Edit', onChoose: () => open('edit') },
    // An imported key has no id in its secret, so it gets no new one.
    { title: 'Rotate', isDisabled: isPlain, onChoose: () => open('rotate') },
    key.disabled
      ? { title: 'Enable', isDisabled: !mayEnable(), onChoose: () => open('enable') }
      : { title: 'Disable', onChoose: () => open('disable') },
    explain,
    { title: 'Remove', isDanger: true, onChoose: () => open('remove') },
  ]
}

type Props = {
  readonly of: Key
  readonly act: KeyAct
  readonly onDone: () => void
  readonly onClose: () => void
}

/** The dialog of an act on a key. */
export function KeyDialog({ of, act, onDone, onClose }: Props) {
  const on = { onDone, onClose }
  if (act === 'edit') return <EditKeyDialog id={of.id} onSaved={onDone} onClose={onClose} />
  if (act === 'rotate') return <RotateDialog of={of} onRotated={onDone} onClose={onClose} />
  if (act === 'remove') return <RemoveKey of={of} {...on} />
  return <SwitchKey of={of} isOff={act === 'disable'} {...on} />
}

type ActProps = Omit<Props, 'act'>

function RemoveKey({ of, onDone, onClose }: ActProps) {
  return (
    <Confirm
      title={`Remove the key of ${of.user}?`}
      act="Remove key"
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', `/keys/${of.id}`)
        onDone()
      }}
    >
      <p>
        It stops working within two seconds, and this cannot be undone: a new key has another
        secret. What it used stays in the reports. To stop it for a while, disable it.
      </p>
    </Confirm>
  )
}

function SwitchKey({ of, isOff, onDone, onClose }: ActProps & { readonly isOff: boolean }) {
  const word = isOff ? 'Disable' : 'Enable'
  return (
    <Confirm
      title={`${word} the key of ${of.user}?`}
      act={`${word} key`}
      isDanger={isOff}
      onClose={onClose}
      onConfirm={async () => {
        const { etag } = await callTagged<Key>('GET', `/keys/${of.id}`)
        await call('PATCH', `/keys/${of.id}`, { body: { disabled: isOff }, ifMatch: etag })
        onDone()
      }}
    >
      <p>
        {isOff
          ? 'It stops working within two seconds. It can be enabled again, with the same secret.'
          : 'It works again within two seconds, with the secret that it had.'}
      </p>
    </Confirm>
  )
}
