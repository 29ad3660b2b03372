import { useState } from 'preact/hooks'
import { call, callTagged } from '../../api.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { SelectField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import type { MenuItem } from '../../parts/menu-item.ts'
import { mayChange } from '../../session.ts'
import { overlaps } from '../keys/rotate-dialog.tsx'
import { ClientDialog } from './client-dialog.tsx'
import type { Client, MadeClient } from './clients.ts'
import { MadeClientDialog } from './made-client.tsx'

export type ClientAct = 'edit' | 'rotate' | 'switch' | 'remove'

/** What can be done with a client; those of the environment are changed there. */
export function clientMenu(of: Client, open: (act: ClientAct) => void): readonly MenuItem[] {
  if (!mayChange() || of.isFixed) return []
  const isPublic = of.app?.public === true
  return [
    { title: 'Edit', onChoose: () => open('edit') },
    { title: 'Rotate', isDisabled: isPublic, onChoose: () => open('rotate') },
    { title: of.disabled ? 'Enable' : 'Disable', onChoose: () => open('switch') },
    { title: 'Remove', isDanger: true, onChoose: () => open('remove') },
  ]
}

type Props = {
  readonly of: Client
  readonly act: ClientAct
  readonly onDone: () => void
  readonly onClose: () => void
}

/** The dialog of an act on a client. */
export function ClientActDialog({ of, act, onDone, onClose }: Props) {
  const path = `/clients/${encodeURIComponent(of.id)}`
  if (act === 'edit') return <ClientDialog id={of.id} onDone={onDone} onClose={onClose} />
  if (act === 'rotate') return <RotateClient of={of} onDone={onDone} onClose={onClose} />
  if (act === 'remove') {
    return (
      <Confirm
        title={`Remove ${of.id}?`}
        act={of.app === null ? 'Remove client' : 'Remove app'}
        onClose={onClose}
        onConfirm={async () => {
          await call('DELETE', path)
          onDone()
        }}
      >
        <p>
          Its tokens{of.app === null ? '' : ' and those of its users'} stop working within two
          seconds. This cannot be undone.
        </p>
      </Confirm>
    )
  }
  const word = of.disabled ? 'Enable' : 'Disable'
  return (
    <Confirm
      title={`${word} ${of.id}?`}
      act={word}
      isDanger={!of.disabled}
      onClose={onClose}
      onConfirm={async () => {
        const { etag } = await callTagged('GET', path)
        await call('PATCH', path, { body: { disabled: !of.disabled }, ifMatch: etag })
        onDone()
      }}
    >
      <p>
        {of.disabled
          ? 'It gets tokens again within two seconds, with the secret that it had.'
          : 'It gets no token any more, and those that it has stop working within two seconds.'}
      </p>
    </Confirm>
  )
}

function RotateClient({ of, onDone, onClose }: Omit<Props, 'act'>) {
  const [overlap, setOverlap] = useState('24')
  const [made, setMade] = useState<MadeClient | null>(null)
  const rotating = useSubmit(async () => {
    const path = `/clients/${encodeURIComponent(of.id)}/rotate`
    const body = { overlapHours: Number(overlap) }
    setMade(await call<MadeClient>('POST', path, { body, target: of.id }))
    onDone()
  })
  if (made !== null) return <MadeClientDialog made={made} onDone={onClose} />
  return (
    <FormDialog
      title={`New secret for ${of.id}`}
      onClose={onClose}
      act="Rotate secret"
      isBusy={rotating.isBusy}
      onSubmit={() => void rotating.run()}
    >
      <SelectField
        label="The old secret works for"
        value={overlap}
        onChange={setOverlap}
        of={overlaps}
      />
      <ErrorPanel failure={rotating.failure} />
    </FormDialog>
  )
}
