import { useRef, useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { unplaced } from '../../lib/unplaced.ts'
import { Command } from '../../parts/command.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { AccessNotice } from './access-notice.tsx'
import { KeyFields } from './key-fields.tsx'
import { commandFor, emptyForm, type KeyForm, shownFields, toNewKey } from './key-form.ts'
import { type Choices, drawKeyId, type MadeKey } from './keys.ts'
import { MadeKeyDialog } from './made-key.tsx'

type Props = { readonly onMade: () => void; readonly onClose: () => void }

/** Asks what a key is for, makes it, and shows it once. */
export function NewKeyDialog({ onMade, onClose }: Props) {
  const choices = useResource<Choices>('/key-choices')
  const [made, setMade] = useState<MadeKey | null>(null)
  const again = () => setMade(null)
  if (made !== null && choices.value !== null) {
    return <MadeKeyDialog made={made} choices={choices.value} onDone={onClose} onAnother={again} />
  }
  return (
    <Asking
      choices={choices.value}
      failure={<ErrorPanel failure={choices.failure} onRetry={choices.reload} />}
      onAccess={choices.reload}
      onClose={onClose}
      onMade={(key) => {
        setMade(key)
        onMade()
      }}
    />
  )
}

type AskingProps = {
  readonly choices: Choices | null
  readonly failure: preact.ComponentChildren
  readonly onAccess: () => void
  readonly onMade: (made: MadeKey) => void
  readonly onClose: () => void
}

function Asking({ choices, failure, onAccess, onMade, onClose }: AskingProps) {
  const [form, setForm] = useState<KeyForm>(emptyForm)
  // Sent again after a failure, a creation under the same id makes one key, not two.
  const id = useRef(drawKeyId())
  const making = useSubmit(async () => {
    const body = toNewKey(form, Date.now())
    const path = `/keys/${id.current}`
    onMade(await call<MadeKey>('PUT', path, { body, isCreation: true, target: id.current }))
  })
  const hasAccess = choices?.services.some(({ isUsable }) => isUsable) ?? true
  return (
    <FormDialog
      title="New key"
      isWide
      isDirty={form !== emptyForm}
      onClose={onClose}
      act="Make key"
      isBusy={making.isBusy}
      isDisabled={choices === null || !hasAccess}
      onSubmit={() => void making.run()}
      before={
        <>
          {failure}
          {!hasAccess && <AccessNotice onGiven={onAccess} />}
        </>
      }
      after={
        <>
          <ErrorPanel failure={unplaced(making.failure, shownFields)} />
          <Command line={commandFor(form)} />
        </>
      }
    >
      {choices !== null && hasAccess && (
        <KeyFields
          form={form}
          onChange={setForm}
          choices={choices}
          failure={making.failure}
          isNew
        />
      )}
    </FormDialog>
  )
}
