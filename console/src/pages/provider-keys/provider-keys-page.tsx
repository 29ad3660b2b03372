import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { messageAt } from '../../api-failure.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { unplaced } from '../../lib/unplaced.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { TextField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Page } from '../../parts/page.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { mayChange } from '../../session.ts'
import { SplitKeysCard } from './split-keys-card.tsx'

type ProviderKey = {
  readonly provider: string
  readonly origin: string
  readonly mask: string | null
  readonly version: number | null
  readonly createdAt: string | null
  readonly isUsable: boolean
  readonly isConfigured: boolean
}

type Open = { readonly act: 'set' | 'remove'; readonly of: ProviderKey }

/** Which accounts at providers does the gate use? */
export function ProviderKeysPage() {
  const keys = useResource<{ items: readonly ProviderKey[] }>('/provider-keys', true)
  const [open, setOpen] = useState<Open | null>(null)
  const close = () => setOpen(null)
  const menu = (of: ProviderKey) => {
    if (!mayChange()) return []
    const set = { title: of.mask === null ? 'Set key' : 'Replace key' }
    const remove = { title: 'Remove', isDanger: true, isDisabled: of.mask === null }
    return [
      { ...set, onChoose: () => setOpen({ act: 'set', of }) },
      { ...remove, onChoose: () => setOpen({ act: 'remove', of }) },
    ]
  }
  return (
    <Page title="Provider keys" command="npm run vault -- set PROVIDER">
      <ErrorPanel failure={keys.failure} onRetry={keys.reload} />
      <Stale of={keys.value?.items ?? []} />
      <div class="card">
        <Table
          label="Keys of providers"
          columns={columnsFor(mayChange() ? (of) => setOpen({ act: 'set', of }) : null)}
          rows={sorted(keys.value?.items ?? null)}
          rowKey={({ provider }) => provider}
          menu={menu}
          isSlow={keys.isSlow}
          empty={<p class="empty">No provider is known.</p>}
        />
      </div>
      <SplitKeysCard />
      {open?.act === 'set' && <SetKey of={open.of} onDone={keys.reload} onClose={close} />}
      {open?.act === 'remove' && <RemoveKey of={open.of} onDone={keys.reload} onClose={close} />}
    </Page>
  )
}

/** Those with a key first. */
function sorted(items: readonly ProviderKey[] | null): readonly ProviderKey[] | null {
  return items?.toSorted((a, b) => Number(a.mask === null) - Number(b.mask === null)) ?? null
}

/** A key goes to one address only: where that changed, it is not used. */
function Stale({ of }: { of: readonly ProviderKey[] }) {
  const stale = of.filter(({ mask, isUsable }) => mask !== null && !isUsable)
  if (stale.length === 0) return null
  return (
    <Notice tone="warn" word="Not used">
      {stale.map(({ provider }) => provider).join(', ')}: set for another address than the one that
      is configured now. Replace the key, or configure the address that it was set for.
    </Notice>
  )
}

/** A provider without a key has the way to it in its row. */
const columnsFor = (onSet: ((of: ProviderKey) => void) | null): readonly Column<ProviderKey>[] => [
  {
    id: 'provider',
    title: 'Provider',
    isName: true,
    render: ({ provider, origin, mask }) => (
      <>
        <b>{provider}</b>
        <span class="sub anywhere">{origin}</span>
        {mask !== null && <span class="narrow mono">{mask}</span>}
      </>
    ),
  },
  {
    id: 'mask',
    title: 'Key',
    look: 'fit',
    isMinor: true,
    render: (of) => {
      if (of.mask !== null) return <span class="mono">{of.mask}</span>
      if (onSet === null) return <span class="hint">none</span>
      return (
        <Button isSmall label={`Set the key of ${of.provider}`} onClick={() => onSet(of)}>
          Set key
        </Button>
      )
    },
  },
  {
    id: 'createdAt',
    title: 'Set',
    look: 'fit',
    isMinor: true,
    render: ({ createdAt, version }) => (
      <>
        <Time at={createdAt} fallback="–" />
        {version !== null && version > 1 && <span class="sub">version {version}</span>}
      </>
    ),
  },
  {
    id: 'state',
    title: 'State',
    render: ({ mask, isUsable, isConfigured }) => {
      if (mask === null && !isConfigured) return <Tag>not set</Tag>
      if (mask === null) return <Tag hasDot>key of the environment</Tag>
      return (
        <Tag tone={isUsable ? 'good' : 'warn'} hasDot>
          {isUsable ? 'in use' : 'other address'}
        </Tag>
      )
    },
  },
]

type ActProps = {
  readonly of: ProviderKey
  readonly onDone: () => void
  readonly onClose: () => void
}

function SetKey({ of, onDone, onClose }: ActProps) {
  const [key, setKey] = useState('')
  const path = `/provider-keys/${of.provider}`
  const setting = useSubmit(async () => {
    await call('PUT', path, { body: { key: key.trim() }, target: of.provider })
    onDone()
    onClose()
  })
  return (
    <FormDialog
      title={`Key of ${of.provider}`}
      hint={`It is sealed at once, for ${of.origin} alone. Nobody can read it again, this page neither.`}
      isDirty={key !== ''}
      onClose={onClose}
      act="Seal key"
      isBusy={setting.isBusy}
      onSubmit={() => void setting.run()}
      after={
        <>
          <ErrorPanel failure={unplaced(setting.failure, ['key'])} />
          <Command line={`npm run vault -- set ${of.provider}`} />
        </>
      }
    >
      <TextField
        label="Key"
        type="password"
        isRequired
        hasFocus
        isMono
        value={key}
        onInput={setKey}
        error={messageAt(setting.failure, 'key')}
        help={of.mask === null ? undefined : `It replaces ${of.mask}.`}
      />
    </FormDialog>
  )
}

function RemoveKey({ of, onDone, onClose }: ActProps) {
  return (
    <Confirm
      title={`Remove the key of ${of.provider}?`}
      act="Remove key"
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', `/provider-keys/${of.provider}`)
        onDone()
      }}
    >
      <p>
        Calls of {of.provider} are refused within two seconds, unless the environment has a key. It
        stays valid at the provider until it is revoked there.
      </p>
    </Confirm>
  )
}
