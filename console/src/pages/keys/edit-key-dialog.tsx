import { useEffect, useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { unplaced } from '../../lib/unplaced.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { KeyFields } from './key-fields.tsx'
import { formOf, type KeyForm, shownFields, toKeyChange } from './key-form.ts'
import type { Choices, Key } from './keys.ts'

type Props = {
  readonly id: string
  readonly onSaved: () => void
  readonly onClose: () => void
}

/** Changes what a key may do; its secret stays. What somebody else changed meanwhile is not lost. */
export function EditKeyDialog({ id, onSaved, onClose }: Props) {
  const choices = useResource<Choices>('/key-choices')
  const key = useResource<Key>(`/keys/${id}`, true)
  const [before, setBefore] = useState<KeyForm | null>(null)
  const [form, setForm] = useState<KeyForm | null>(null)
  useEffect(() => {
    if (key.value === null) return
    const read = formOf(key.value)
    setBefore(read)
    setForm((typed) => typed ?? read)
  }, [key.value])
  const saving = useSubmit(async () => {
    if (form === null || before === null) return
    const body = toKeyChange(form, before, Date.now())
    if (Object.keys(body).length > 0) {
      await call('PATCH', `/keys/${id}`, { body, ifMatch: key.etag, target: id })
    }
    onSaved()
    onClose()
  })
  const readAgain = saving.failure?.reason === 'changed' ? again : undefined
  function again() {
    saving.clear()
    key.reload()
  }
  return (
    <FormDialog
      title={key.value === null ? 'Edit key' : `Edit the key of ${key.value.user}`}
      isWide
      isDirty={form !== null && before !== null && isChanged(form, before)}
      onClose={onClose}
      act="Save changes"
      isBusy={saving.isBusy}
      onSubmit={() => void saving.run()}
      before={<ErrorPanel failure={key.failure ?? choices.failure} onRetry={key.reload} />}
      after={
        <ErrorPanel
          failure={unplaced(saving.failure, shownFields)}
          {...(readAgain !== undefined && { onRetry: readAgain })}
        />
      }
    >
      {form !== null && choices.value !== null && (
        <KeyFields
          form={form}
          onChange={setForm}
          choices={choices.value}
          failure={saving.failure}
          isNew={false}
        />
      )}
    </FormDialog>
  )
}

function isChanged(form: KeyForm, before: KeyForm): boolean {
  return JSON.stringify(form) !== JSON.stringify(before)
}
