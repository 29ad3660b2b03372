import { useState } from 'preact/hooks'
import { type List, useList } from '../../lib/list.ts'
import { useShared } from '../../lib/shared.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { LimitBars } from '../../parts/limit-bar.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag, Tags } from '../../parts/tag.tsx'
import { teamColumns } from '../../parts/team-field.tsx'
import { Time } from '../../parts/time.tsx'
import { place, setQuery } from '../../place.ts'
import { mayChange } from '../../session.ts'
import { type ClientAct, ClientActDialog, clientMenu } from './client-acts.tsx'
import { ClientDialog } from './client-dialog.tsx'
import { type Client, describeApp } from './clients.ts'
import { UsersList } from './users-list.tsx'

/** Which programs get tokens, and for whom? */
export function ClientsPage() {
  const isUsers = useShared(place).query.get('kind') === 'users'
  return isUsers ? <UsersPage /> : <ClientList />
}

const kinds = [
  { value: 'all', title: 'All' },
  { value: 'client', title: 'Clients' },
  { value: 'app', title: 'Apps' },
  { value: 'users', title: 'Users of apps' },
]

function Kinds({ counts = {} }: { counts?: Readonly<Record<string, number>> | undefined }) {
  const kind = place.value.query.get('kind') ?? 'all'
  return (
    <div class="bar-row">
      <Segments
        label="Kind"
        of={kinds.map((one) => ({ ...one, count: counts[one.value] }))}
        value={kind}
        onChange={(value) => {
          setQuery({ kind: value === 'all' ? null : value, cursor: null, q: null, app: null })
        }}
      />
    </div>
  )
}

const filters = ['kind'] as const

function ClientList() {
  const list = useList<Client>('/clients', { filters })
  const [open, setOpen] = useState<'new' | { act: ClientAct; of: Client } | null>(null)
  const close = () => setOpen(null)
  const isNew = mayChange() ? () => setOpen('new') : null
  return (
    <Page
      title="Apps and clients"
      acts={
        isNew !== null && (
          <Button look="main" onClick={isNew}>
            New client
          </Button>
        )
      }
      search={{ label: 'Search clients', value: list.q, onSearch: list.setSearch }}
      command="npm run keys -- client list"
    >
      <Kinds counts={list.page?.counts} />
      <ListTable
        list={list}
        label="Clients and apps"
        filters={filters}
        columns={[...columns, ...teamColumns<Client>()]}
        rowKey={({ id }) => id}
        menu={(of) => clientMenu(of, (act) => setOpen({ act, of }))}
        empty={<NoClients onNew={isNew} />}
      />
      {open === 'new' && <ClientDialog id={null} onDone={list.reload} onClose={close} />}
      {open !== null && open !== 'new' && (
        <ClientActDialog {...open} onDone={list.reload} onClose={close} />
      )}
    </Page>
  )
}

function UsersPage() {
  return (
    <UsersList
      frame={(list: List<unknown>, children) => (
        <Page
          title="Apps and clients"
          search={{ label: 'Search users of apps', value: list.q, onSearch: list.setSearch }}
          command="npm run usage -- --by user"
        >
          <Kinds />
          {children}
        </Page>
      )}
    />
  )
}

const tones = { active: 'good', rotating: 'plain', disabled: 'bad', expired: 'bad' } as const

const columns: readonly Column<Client>[] = [
  {
    id: 'id',
    title: 'Id',
    isName: true,
    render: ({ id, app, isFixed }) => (
      <>
        <b>{id}</b>
        <span class="sub">{kindOf(app, isFixed)}</span>
      </>
    ),
  },
  {
    id: 'grant',
    title: 'May use',
    render: ({ app, services, role }) =>
      app === null ? (
        <>
          <Tags of={services} most={2} /> <span class="hint">{role}</span>
        </>
      ) : (
        describeApp(app)
      ),
  },
  {
    id: 'limits',
    title: 'Limits, used',
    isMinor: true,
    render: ({ limits }) => <LimitBars of={limits} />,
  },
  {
    id: 'lastUsedAt',
    title: 'Last used',
    look: 'fit',
    isMinor: true,
    render: ({ lastUsedAt, app }) =>
      app === null ? <Time at={lastUsedAt} /> : <span class="hint">by its users</span>,
  },
  {
    id: 'expiresAt',
    title: 'Ends',
    look: 'fit',
    isMinor: true,
    render: ({ expiresAt }) => <Time at={expiresAt} />,
  },
  {
    id: 'state',
    title: 'State',
    render: ({ state, makerProblem }) => (
      <Tag tone={makerProblem === null ? tones[state] : 'bad'} hasDot>
        {makerProblem === null ? state : `maker ${makerProblem.replace('-', ' ')}`}
      </Tag>
    ),
  },
]

function kindOf(app: Client['app'], isFixed: boolean): string {
  if (isFixed) return 'of the environment'
  if (app === null) return 'client'
  return app.public ? 'public app' : 'app'
}

function NoClients({ onNew }: { onNew: (() => void) | null }) {
  return (
    <Empty
      title="No clients yet"
      act={
        onNew !== null && (
          <Button look="main" onClick={onNew}>
            Make the first client
          </Button>
        )
      }
    >
      A client is a program that gets access tokens with its own secret; an app gets them for its
      users, each with a quota.
    </Empty>
  )
}
