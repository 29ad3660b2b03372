import { useEffect, useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { unplaced } from '../../lib/unplaced.ts'
import { Command } from '../../parts/command.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { AccessNotice } from '../keys/access-notice.tsx'
import type { Choices } from '../keys/keys.ts'
import { ClientFields, shownFields } from './client-fields.tsx'
import {
  type Client,
  type ClientForm,
  commandForClient,
  emptyClient,
  formOfClient,
  type MadeClient,
  toClientBody,
} from './clients.ts'
import { MadeClientDialog } from './made-client.tsx'

type Props = {
  /** Null makes a new one. */
  readonly id: string | null
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Makes a client or an app, or changes one. */
export function ClientDialog({ id, onDone, onClose }: Props) {
  const choices = useResource<Choices>('/key-choices')
  const client = useResource<Client>(id === null ? null : `/clients/${id}`, true)
  const [form, setForm] = useState<ClientForm | null>(id === null ? emptyClient : null)
  const [made, setMade] = useState<MadeClient | null>(null)
  useEffect(() => {
    if (client.value !== null) setForm((typed) => typed ?? formOfClient(client.value as Client))
  }, [client.value])
  const saving = useSubmit(async () => {
    if (form === null) return
    const path = `/clients/${encodeURIComponent(id ?? form.id.trim())}`
    const body = toClientBody(form, id === null)
    const target = id ?? form.id.trim()
    if (id === null)
      setMade(await call<MadeClient>('PUT', path, { body, isCreation: true, target }))
    else await call('PATCH', path, { body, ifMatch: client.etag, target })
    onDone()
    if (id !== null) onClose()
  })
  if (made !== null) return <MadeClientDialog made={made} onDone={onClose} />
  const what = form?.isApp === true ? 'app' : 'client'
  return (
    <FormDialog
      title={id === null ? 'New client or app' : `Edit the ${what} ${id}`}
      isWide
      isDirty={form !== null && form !== emptyClient && id === null}
      onClose={onClose}
      act={id === null ? `Make ${what}` : 'Save changes'}
      isBusy={saving.isBusy}
      onSubmit={() => void saving.run()}
      before={
        <>
          <ErrorPanel failure={client.failure ?? choices.failure} />
          {id === null && choices.value?.services.every(({ isUsable }) => !isUsable) === true && (
            <AccessNotice onGiven={choices.reload} />
          )}
        </>
      }
      after={
        <>
          <ErrorPanel failure={unplaced(saving.failure, shownFields)} />
          {id === null && form !== null && <Command line={commandForClient(form)} />}
        </>
      }
    >
      {form !== null && choices.value !== null && (
        <ClientFields
          form={form}
          onChange={setForm}
          choices={choices.value}
          failure={saving.failure}
          isNew={id === null}
        />
      )}
    </FormDialog>
  )
}
