import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { messageAt } from '../../api-failure.ts'
import { useSubmit } from '../../lib/submit.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { TeamField } from '../../parts/team-field.tsx'
import { type Role, session } from '../../session.ts'
import { AccessFields } from './access-fields.tsx'
import { type MadeLink, roleOptions, toAccess, toForm } from './person.ts'

type Props = {
  readonly onMade: (name: string, made: MadeLink) => void
  readonly onClose: () => void
}

/** Invites a person: who they are, what they may do here, and what they may use. */
export function InviteDialog({ onMade, onClose }: Props) {
  const [name, setName] = useState('')
  const [title, setTitle] = useState('')
  const [role, setRole] = useState<Role>('member')
  const [team, setTeam] = useState('')
  const [access, setAccess] = useState(toForm(null))
  const submit = useSubmit(async () => {
    const body = {
      ...{ name, role, access: toAccess(access) },
      ...(title !== '' && { title }),
      ...(team !== '' && role !== 'owner' && { team }),
    }
    onMade(name, await call<MadeLink>('POST', '/invitations', { body }))
  })
  return (
    <FormDialog
      title="Invite a person"
      hint="They get a link that works once, and make a passkey or sign in at a provider."
      isDirty={name !== '' && !submit.isBusy}
      onClose={onClose}
      act="Make link"
      isBusy={submit.isBusy}
      onSubmit={() => void submit.run()}
    >
      <TextField
        label="Name"
        value={name}
        onInput={setName}
        isRequired
        hasFocus
        placeholder="ada"
        error={messageAt(submit.failure, 'name')}
        help="The user of their keys. It never changes."
      />
      <TextField
        label="Full name"
        value={title}
        onInput={setTitle}
        isOptional
        error={messageAt(submit.failure, 'title')}
      />
      <SelectField
        label="In this console"
        value={role}
        onChange={(value) => setRole(value as Role)}
        of={roleOptions.filter(({ value }) => mayGive(value))}
      />
      {role !== 'owner' && (
        <TeamField value={team} onChange={setTeam} error={messageAt(submit.failure, 'team')} />
      )}
      <AccessFields form={access} onChange={setAccess} failure={submit.failure} />
      <ErrorPanel failure={submit.failure} />
    </FormDialog>
  )
}

/** Only an owner makes owners. */
export function mayGive(role: Role): boolean {
  return role !== 'owner' || session.value?.person.role === 'owner'
}
