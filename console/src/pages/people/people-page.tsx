import { useState } from 'preact/hooks'
import { plural } from '../../lib/format.ts'
import { useList } from '../../lib/list.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag, Tags } from '../../parts/tag.tsx'
import { TeamFilter, teamColumns } from '../../parts/team-field.tsx'
import { Time } from '../../parts/time.tsx'
import { mayChange } from '../../session.ts'
import { InvitationsCard } from './invitations-card.tsx'
import type { Person } from './person.ts'
import { type Asked, PersonDialogs } from './person-dialogs.tsx'
import { menuOf } from './person-menu.ts'

const columns: readonly Column<Person>[] = [
  {
    id: 'name',
    title: 'Name',
    sort: 'name',
    isName: true,
    render: ({ name, title, disabled }) => (
      <>
        {title ?? name} {disabled && <Tag tone="bad">disabled</Tag>}
        <span class="sub">{name}</span>
      </>
    ),
  },
  { id: 'role', title: 'In the console', look: 'fit', render: ({ role }) => role },
  {
    id: 'access',
    title: 'May use',
    isMinor: true,
    render: ({ access }) =>
      access === null ? <span class="hint">nothing</span> : <Tags of={access.services} />,
  },
  { id: 'ways', title: 'Signs in with', isMinor: true, render: (of) => <Ways of={of} /> },
  { id: 'keys', title: 'Keys', look: 'num', isMinor: true, render: ({ keys }) => keys },
  {
    id: 'last',
    title: 'Last sign-in',
    sort: 'lastSignInAt',
    isDescendingFirst: true,
    look: 'fit',
    render: ({ lastSignInAt }) => <Time at={lastSignInAt} />,
  },
]

function Ways({ of: { passkeys, logins } }: { of: Person }) {
  const ways = [
    ...(passkeys > 0 ? [plural(passkeys, 'passkey')] : []),
    ...logins.map(({ provider }) => provider),
  ]
  return ways.length === 0 ? <Tag tone="warn">nothing yet</Tag> : <span>{ways.join(', ')}</span>
}

const roles = [
  { value: '', title: 'All' },
  { value: 'owner', title: 'Owners' },
  { value: 'admin', title: 'Admins' },
  { value: 'auditor', title: 'Auditors' },
  { value: 'member', title: 'Members' },
]

const filters = ['role', 'team']

/** Who may do what here? */
export function PeoplePage() {
  const list = useList<Person>('/people', { filters, sort: 'name' })
  const [asked, setAsked] = useState<Asked | null>(null)
  const [turn, setTurn] = useState(0)
  const changed = () => {
    list.reload()
    setTurn(turn + 1)
  }
  return (
    <Page
      title="People"
      search={{ label: 'Search people', value: list.q, onSearch: list.setSearch }}
      command="npm run people -- list"
      acts={
        mayChange() && (
          <Button look="main" onClick={() => setAsked({ kind: 'invite' })}>
            Invite a person
          </Button>
        )
      }
    >
      <div class="bar-row">
        <Segments
          label="Role"
          of={roles}
          value={list.filter('role') ?? ''}
          onChange={(role) => list.setFilter('role', role === '' ? null : role)}
        />
        <div class="filters">
          <TeamFilter
            value={list.filter('team')}
            onChange={(team) => list.setFilter('team', team)}
          />
        </div>
      </div>
      <ListTable
        list={list}
        label="People"
        columns={[...columns, ...teamColumns<Person>()]}
        rowKey={({ id }) => id}
        rowName={({ name }) => name}
        filters={filters}
        {...(mayChange() && { menu: (of: Person) => menuOf(of, setAsked) })}
        empty={<Empty title="Nobody is here">Invite the first person.</Empty>}
      />
      <InvitationsCard turn={turn} />
      <PersonDialogs asked={asked} onAsk={setAsked} onChanged={changed} />
    </Page>
  )
}
