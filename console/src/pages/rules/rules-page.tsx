import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { messageAt } from '../../api-failure.ts'
import { type ListPage, useList } from '../../lib/list.ts'
import { useSubmit } from '../../lib/submit.ts'
import { unplaced } from '../../lib/unplaced.ts'
import { Button } from '../../parts/button.tsx'
import { Check } from '../../parts/checks.tsx'
import { Command } from '../../parts/command.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { mayChange } from '../../session.ts'

type Rule = {
  readonly id: string
  readonly ip: string
  readonly type: 'allow' | 'deny'
  readonly reason: string | null
  readonly active: boolean
  readonly app: string | null
  readonly user: string | null
  readonly addedBy: string | null
  readonly createdAt: string | null
}

const filters = ['type'] as const

/** From which addresses may anybody call at all? */
export function RulesPage() {
  const list = useList<Rule>('/rules', { filters })
  const [open, setOpen] = useState<'new' | Rule | null>(null)
  const close = () => setOpen(null)
  const isNew = mayChange() ? () => setOpen('new') : null
  const ownAddress = (list.page as (ListPage<Rule> & { ownAddress?: string }) | null)?.ownAddress
  return (
    <Page
      title="Address rules"
      acts={
        isNew !== null && (
          <Button look="main" onClick={isNew}>
            New rule
          </Button>
        )
      }
      search={{ label: 'Search rules', value: list.q, onSearch: list.setSearch }}
      command="npm run rules -- list"
    >
      <div class="bar-row">
        <Segments
          label="Type"
          of={[
            { value: 'all', title: 'All' },
            { value: 'allow', title: 'Allow' },
            { value: 'deny', title: 'Deny' },
          ]}
          value={list.filter('type') ?? 'all'}
          onChange={(value) => list.setFilter('type', value === 'all' ? null : value)}
        />
        {ownAddress !== undefined && (
          <span class="hint">
            You come from <span class="mono">{ownAddress}</span>
          </span>
        )}
      </div>
      <ListTable
        list={list}
        label="Address rules"
        filters={filters}
        columns={columns}
        rowKey={({ id }) => id}
        rowName={({ ip }) => ip}
        menu={(rule) =>
          isNew === null ? [] : [{ title: 'Remove', isDanger: true, onChoose: () => setOpen(rule) }]
        }
        empty={<NoRules onNew={isNew} />}
      />
      {open === 'new' && <NewRule onDone={list.reload} onClose={close} />}
      {open !== null && open !== 'new' && (
        <Confirm
          title={`Remove the rule about ${open.ip}?`}
          act="Remove rule"
          onClose={close}
          onConfirm={async () => {
            await call('DELETE', `/rules/${open.id}`)
            list.reload()
          }}
        >
          <p>
            {open.type === 'deny'
              ? 'Callers from there may call again within two seconds, with a valid key.'
              : 'If it is the last rule that allows, every address may call again.'}
          </p>
        </Confirm>
      )}
    </Page>
  )
}

function NewRule({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const [ip, setIp] = useState('')
  const [type, setType] = useState('deny')
  const [reason, setReason] = useState('')
  const [who, setWho] = useState('')
  const [confirm, setConfirm] = useState(false)
  const adding = useSubmit(async () => {
    const about = who.trim() === '' ? {} : { user: who.trim() }
    const why = reason.trim() === '' ? {} : { reason: reason.trim() }
    const body = { ip: ip.trim(), type, confirm, ...about, ...why }
    await call('PUT', `/rules/${drawRuleId()}`, { body, isCreation: true })
    onDone()
    onClose()
  })
  const isLockOut = adding.failure?.reason === 'conflict' || confirm
  return (
    <FormDialog
      title="New address rule"
      isDirty={ip !== '' || reason !== ''}
      onClose={onClose}
      act="Add rule"
      isBusy={adding.isBusy}
      onSubmit={() => void adding.run()}
      after={
        <>
          <ErrorPanel failure={unplaced(adding.failure, ['ip', 'user', 'reason'])} />
          <Command line={`npm run rules -- add --${type} ${ip.trim() || 'ADDRESS'}`} />
        </>
      }
    >
      <SelectField
        label="What it does"
        value={type}
        onChange={setType}
        of={[
          { value: 'deny', title: 'Deny: nobody may call from there' },
          { value: 'allow', title: 'Allow: only from the addresses that rules allow' },
        ]}
      />
      <TextField
        label="Address or network"
        isRequired
        hasFocus
        isMono
        value={ip}
        onInput={setIp}
        placeholder="203.0.113.0/24"
        error={messageAt(adding.failure, 'ip')}
      />
      <TextField
        label="Only for the user"
        isOptional
        value={who}
        onInput={setWho}
        placeholder="everybody"
        error={messageAt(adding.failure, 'user')}
      />
      <TextField
        label="Reason"
        isOptional
        value={reason}
        onInput={setReason}
        placeholder="scans for weeks"
        error={messageAt(adding.failure, 'reason')}
      />
      {isLockOut && (
        <Check
          label="Add it although it refuses my own address"
          isChecked={confirm}
          onChange={setConfirm}
        />
      )}
    </FormDialog>
  )
}

/** Sixteen characters of 0-9a-f. */
function drawRuleId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const columns: readonly Column<Rule>[] = [
  {
    id: 'ip',
    title: 'Address or network',
    isName: true,
    render: ({ ip, reason }) => (
      <>
        <b class="mono">{ip}</b>
        <span class="sub">{reason}</span>
      </>
    ),
  },
  {
    id: 'type',
    title: 'Type',
    render: ({ type, active }) => (
      <Tag tone={active ? (type === 'deny' ? 'bad' : 'good') : 'plain'} hasDot>
        {active ? type : `${type}, off`}
      </Tag>
    ),
  },
  {
    id: 'who',
    title: 'For',
    render: ({ user, app }) => user ?? app ?? <span class="hint">everybody</span>,
  },
  {
    id: 'by',
    title: 'Added',
    look: 'fit',
    isMinor: true,
    render: ({ addedBy, createdAt }) => (
      <>
        <Time at={createdAt} fallback="at an unknown time" />
        {addedBy !== null && <span class="sub">by {addedBy}</span>}
      </>
    ),
  },
]

function NoRules({ onNew }: { onNew: (() => void) | null }) {
  return (
    <Empty
      title="No address rules yet"
      act={
        onNew !== null && (
          <Button look="main" onClick={onNew}>
            Add the first rule
          </Button>
        )
      }
    >
      Without one, every address may call with a valid key. A rule denies a network, or allows some
      and no others, for everybody or for one user.
    </Empty>
  )
}
