import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { call, callTagged } from '../../api.ts'
import { messageAt } from '../../api-failure.ts'
import { type List, useList } from '../../lib/list.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { TextField } from '../../parts/field.tsx'
import { Money } from '../../parts/figures.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { LimitBar } from '../../parts/limit-bar.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Time } from '../../parts/time.tsx'
import { mayChange } from '../../session.ts'
import { type AppUser, toQuota } from './clients.ts'

type Props = {
  readonly frame: (list: List<AppUser>, children: ComponentChildren) => ComponentChildren
}

const filters = ['app'] as const

/** Users of apps, what they used, and their quotas. */
export function UsersList({ frame }: Props) {
  const list = useList<AppUser>('/users', { filters })
  const [open, setOpen] = useState<{ act: 'quota' | 'remove'; of: AppUser } | null>(null)
  const close = () => setOpen(null)
  const menu = (of: AppUser) =>
    mayChange()
      ? [
          { title: 'Change quotas', onChoose: () => setOpen({ act: 'quota', of }) },
          { title: 'Remove', isDanger: true, onChoose: () => setOpen({ act: 'remove', of }) },
        ]
      : []
  return (
    <>
      {frame(
        list,
        <ListTable
          list={list}
          label="Users of apps"
          filters={filters}
          columns={columns}
          rowKey={({ id }) => id}
          rowName={({ userId }) => userId}
          menu={menu}
          empty={
            <Empty title="No users of apps yet">
              Each user of an app stands here after its first call, with what it used of its quotas.
            </Empty>
          }
        />,
      )}
      {open?.act === 'quota' && <QuotaDialog of={open.of} onDone={list.reload} onClose={close} />}
      {open?.act === 'remove' && (
        <Confirm
          title={`Remove what is written about ${open.of.userId}?`}
          act="Remove user"
          onClose={close}
          onConfirm={async () => {
            await call('DELETE', `/users/${open.of.id}`)
            list.reload()
          }}
        >
          <p>The quotas of the app hold again for this user. What it used stays counted.</p>
        </Confirm>
      )}
    </>
  )
}

function QuotaDialog(props: { of: AppUser; onDone: () => void; onClose: () => void }) {
  const { of, onDone, onClose } = props
  const text = (quota: number | null) => (quota === null ? '' : String(quota))
  const [daily, setDaily] = useState(text(of.dailyQuota))
  const [monthly, setMonthly] = useState(text(of.monthlyQuota))
  const saving = useSubmit(async () => {
    const { etag } = await callTagged('GET', `/users/${of.id}`)
    const body = { dailyQuota: toQuota(daily), monthlyQuota: toQuota(monthly) }
    await call('PATCH', `/users/${of.id}`, { body, ifMatch: etag })
    onDone()
    onClose()
  })
  return (
    <FormDialog
      title={`Quotas of ${of.userId}`}
      hint={`A user of ${of.appId}. Empty is no quota; 0 allows nothing.`}
      isDirty={daily !== text(of.dailyQuota) || monthly !== text(of.monthlyQuota)}
      onClose={onClose}
      act="Save quotas"
      isBusy={saving.isBusy}
      onSubmit={() => void saving.run()}
      isAcross
      after={<ErrorPanel failure={saving.failure} />}
    >
      <TextField
        label="Requests a day"
        value={daily}
        onInput={setDaily}
        placeholder="no quota"
        error={messageAt(saving.failure, 'dailyQuota')}
      />
      <TextField
        label="Requests a month"
        value={monthly}
        onInput={setMonthly}
        placeholder="no quota"
        error={messageAt(saving.failure, 'monthlyQuota')}
      />
    </FormDialog>
  )
}

function Quota({ used, of, period }: { used: number; of: number | null; period: string }) {
  if (of === null) return <>{used}, no quota</>
  const limit = { text: `${of}/${period}`, used, limit: of, unit: 'requests', resetsAt: null }
  return <LimitBar limit={limit} />
}

const columns: readonly Column<AppUser>[] = [
  {
    id: 'user',
    title: 'User',
    isName: true,
    render: ({ userId, appId, isActive }) => (
      <>
        <b>{userId}</b>
        <span class="sub">
          {appId}
          {isActive ? '' : ', disabled'}
        </span>
      </>
    ),
  },
  {
    id: 'day',
    title: 'Today',
    render: (user) => <Quota used={user.requestsToday} of={user.dailyQuota} period="day" />,
  },
  {
    id: 'month',
    title: 'This month',
    isMinor: true,
    render: (user) => <Quota used={user.requestsMonth} of={user.monthlyQuota} period="month" />,
  },
  {
    id: 'cost',
    title: 'Cost',
    look: 'num',
    render: ({ costMicroUsd }) => <Money microUsd={costMicroUsd} />,
  },
  {
    id: 'lastUsedAt',
    title: 'Last used',
    look: 'fit',
    isMinor: true,
    render: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
]
