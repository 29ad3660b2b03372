import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Command } from '../../parts/command.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { SelectField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import type { Choices, Key, MadeKey } from './keys.ts'
import { MadeKeyDialog } from './made-key.tsx'

export const overlaps = [
  { value: '24', title: '24 hours' },
  { value: '1', title: 'an hour' },
  { value: '168', title: '7 days' },
  { value: '0', title: 'not at all: its secret is known to others' },
]

type Props = {
  readonly of: Pick<Key, 'id' | 'user'>
  readonly onRotated: () => void
  readonly onClose: () => void
}

/** Gives a key a new secret; programs have time to get it while the old one works. */
export function RotateDialog({ of, onRotated, onClose }: Props) {
  const choices = useResource<Choices>('/key-choices')
  const [overlap, setOverlap] = useState('24')
  const [made, setMade] = useState<MadeKey | null>(null)
  const rotating = useSubmit(async () => {
    const body = { overlapHours: Number(overlap) }
    setMade(await call<MadeKey>('POST', `/keys/${of.id}/rotate`, { body, target: of.id }))
    onRotated()
  })
  if (made !== null) {
    const known = choices.value ?? { services: [], roles: [] }
    return <MadeKeyDialog made={made} choices={known} onDone={onClose} />
  }
  const option = overlap === '0' ? '' : ` --overlap ${overlap}h`
  return (
    <FormDialog
      title={`New secret for the key of ${of.user}`}
      hint="Id, role, services and limits stay as they are."
      onClose={onClose}
      act="Rotate key"
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
      <Command line={`npm run keys -- rotate ${of.id}${option}`} />
    </FormDialog>
  )
}
