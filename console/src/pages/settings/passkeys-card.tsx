import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { Card } from '../../parts/card.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { TextField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { addPasskey } from '../../signin/add-passkey.ts'
import { proposeLabel } from '../../signin/passkeys.ts'

type Passkey = {
  readonly id: string
  readonly label: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly isSynced: boolean
}

const columns: readonly Column<Passkey>[] = [
  {
    id: 'label',
    title: 'Name',
    isName: true,
    render: ({ label, isSynced }) => (
      <>
        {label} {isSynced && <Tag>synced</Tag>}
      </>
    ),
  },
  {
    id: 'made',
    title: 'Made',
    look: 'fit',
    isMinor: true,
    render: (of) => <Time at={of.createdAt} />,
  },
  { id: 'used', title: 'Last used', look: 'fit', render: (of) => <Time at={of.lastUsedAt} /> },
]

type Asked = { readonly kind: 'add' } | { readonly kind: 'rename' | 'remove'; readonly of: Passkey }

/** The person's passkeys. */
export function PasskeysCard() {
  const { value, failure, reload } = useResource<{ items: readonly Passkey[] }>('/passkeys')
  const [asked, setAsked] = useState<Asked | null>(null)
  const close = () => setAsked(null)
  const done = () => {
    close()
    reload()
  }
  return (
    <Card
      title="Passkeys"
      isFlush
      end={
        <Button isSmall onClick={() => setAsked({ kind: 'add' })}>
          Add a passkey
        </Button>
      }
    >
      <ErrorPanel failure={failure} onRetry={reload} />
      {value?.items.length === 1 && (
        <Notice tone="warn" word="One passkey">
          Add a second one, so that losing a device locks you out of nothing.
        </Notice>
      )}
      <Table
        label="Passkeys"
        columns={columns}
        rows={value?.items ?? null}
        rowKey={({ id }) => id}
        rowName={({ label }) => label}
        menu={(of) => [
          { title: 'Rename', onChoose: () => setAsked({ kind: 'rename', of }) },
          { title: 'Remove', isDanger: true, onChoose: () => setAsked({ kind: 'remove', of }) },
        ]}
        empty={<Empty title="No passkey yet">A passkey signs you in without a password.</Empty>}
      />
      {asked?.kind === 'add' && <AddDialog onDone={done} onClose={close} />}
      {asked?.kind === 'rename' && <RenameDialog of={asked.of} onDone={done} onClose={close} />}
      {asked?.kind === 'remove' && (
        <Confirm
          title={`Remove the passkey ${asked.of.label}?`}
          act="Remove passkey"
          onClose={close}
          onConfirm={async () => {
            const { id } = asked.of
            await call('DELETE', `/passkeys/${id}`, { target: id })
            reload()
          }}
        >
          <p>It signs nobody in any more. Remove it in your browser or password manager too.</p>
        </Confirm>
      )}
    </Card>
  )
}

type DialogProps = { readonly onDone: () => void; readonly onClose: () => void }

function AddDialog({ onDone, onClose }: DialogProps) {
  return (
    <LabelDialog
      title="Add a passkey"
      hint="On another device, your phone, or a security key."
      act="Make passkey"
      initial={proposeLabel()}
      onClose={onClose}
      onSubmit={async (label) => {
        if (await addPasskey(label)) onDone()
      }}
    />
  )
}

function RenameDialog({ of, onDone, onClose }: DialogProps & { readonly of: Passkey }) {
  return (
    <LabelDialog
      title="Rename the passkey"
      act="Rename passkey"
      initial={of.label}
      onClose={onClose}
      onSubmit={async (label) => {
        await call('PATCH', `/passkeys/${of.id}`, { body: { label } })
        onDone()
      }}
    />
  )
}

type LabelProps = {
  readonly title: string
  readonly hint?: string
  readonly act: string
  readonly initial: string
  readonly onSubmit: (label: string) => Promise<void>
  readonly onClose: () => void
}

function LabelDialog({ title, hint, act, initial, onSubmit, onClose }: LabelProps) {
  const [label, setLabel] = useState(initial)
  const submit = useSubmit(async () => await onSubmit(label))
  return (
    <FormDialog
      title={title}
      {...(hint !== undefined && { hint })}
      onClose={onClose}
      act={act}
      isBusy={submit.isBusy}
      onSubmit={() => void submit.run()}
    >
      <TextField label="Name" value={label} onInput={setLabel} isRequired hasFocus />
      <ErrorPanel failure={submit.failure} />
    </FormDialog>
  )
}
