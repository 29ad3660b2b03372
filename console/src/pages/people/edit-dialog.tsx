import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { messageAt } from '../../api-failure.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { keepSecondHalf } from '../../second-half.ts'
import type { Role } from '../../session.ts'
import { AccessFields } from './access-fields.tsx'
import { mayGive } from './invite-dialog.tsx'
import { type Person, roleOptions, toAccess, toForm } from './person.ts'

type Props = { readonly id: string; readonly onDone: () => void; readonly onClose: () => void }

/** Changes role, access, full name, and the address that services are told. */
export function EditDialog({ id, onDone, onClose }: Props) {
  const { value, etag, failure, reload } = useResource<Person>(`/people/${id}`)
  if (value !== null && etag !== null) {
    return <EditForm key={etag} of={value} etag={etag} onDone={onDone} onClose={onClose} />
  }
  return (
    <Dialog title="Change a person" onClose={onClose}>
      <ErrorPanel failure={failure} onRetry={reload} />
    </Dialog>
  )
}

type FormProps = Omit<Props, 'id'> & { readonly of: Person; readonly etag: string }

function EditForm({ of, etag, onDone, onClose }: FormProps) {
  const [title, setTitle] = useState(of.title ?? '')
  const [email, setEmail] = useState(of.serviceEmail ?? '')
  const [role, setRole] = useState<Role>(of.role)
  const [access, setAccess] = useState(toForm(of.access))
  const submit = useSubmit(async () => {
    const body = {
      title: title === '' ? null : title,
      serviceEmail: email === '' ? null : email,
      access: toAccess(access),
      ...(role !== of.role && { role }),
    }
    const options = { body, ifMatch: etag, target: of.id }
    const changed = await call<{ session?: string }>('PATCH', `/people/${of.id}`, options)
    // A change of one's own role gives the session new halves.
    if (changed.session !== undefined) keepSecondHalf(changed.session)
    onDone()
  })
  return (
    <FormDialog
      title={`Change ${of.title ?? of.name}`}
      onClose={onClose}
      act="Save changes"
      isBusy={submit.isBusy}
      onSubmit={() => void submit.run()}
    >
      <SelectField
        label="In this console"
        value={role}
        onChange={(value) => setRole(value as Role)}
        of={roleOptions.filter(({ value }) => value === of.role || mayGive(value))}
        help="A change ends their sessions: they sign in again."
      />
      <AccessFields form={access} onChange={setAccess} failure={submit.failure} />
      <TextField
        label="Full name"
        value={title}
        onInput={setTitle}
        isOptional
        error={messageAt(submit.failure, 'title')}
      />
      <TextField
        label="Address for services"
        value={email}
        onInput={setEmail}
        isOptional
        type="email"
        error={messageAt(submit.failure, 'serviceEmail')}
        help="The address that services behind a sign-in are told."
      />
      <ErrorPanel failure={submit.failure} />
    </FormDialog>
  )
}
