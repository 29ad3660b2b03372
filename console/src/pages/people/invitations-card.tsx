import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Time } from '../../parts/time.tsx'
import { mayChange } from '../../session.ts'

type Invitation = {
  readonly id: string
  readonly kind: 'setup' | 'invite' | 'reset'
  readonly name: string
  readonly role: string
  readonly expiresAt: string
}

const kinds = { setup: 'first owner', invite: 'new person', reset: 'new passkey' } as const

const columns: readonly Column<Invitation>[] = [
  { id: 'name', title: 'For', isName: true, render: ({ name }) => name },
  { id: 'kind', title: 'What for', look: 'fit', render: ({ kind }) => kinds[kind] },
  { id: 'role', title: 'Role', look: 'fit', isMinor: true, render: ({ role }) => role },
  { id: 'ends', title: 'Ends', look: 'fit', render: (of) => <Time at={of.expiresAt} /> },
]

/** Links that were not used yet; nothing if there are none. `turn` reads them again. */
export function InvitationsCard({ turn }: { turn: number }) {
  return <Open key={turn} />
}

function Open() {
  const { value, failure, reload } = useResource<{ items: readonly Invitation[] }>('/invitations')
  const end = useSubmit(async ({ id }: Invitation) => {
    await call('DELETE', `/invitations/${id}`)
    reload()
  })
  if ((value === null || value.items.length === 0) && failure === null) return null
  return (
    <Card title="Links that were not used yet" isFlush>
      <ErrorPanel failure={failure ?? end.failure} onRetry={reload} />
      <Table
        label="Open links"
        columns={columns}
        rows={value?.items ?? null}
        rowKey={({ id }) => id}
        rowName={({ name }) => name}
        {...(mayChange() && {
          menu: (of: Invitation) => [
            { title: 'End link', isDanger: true, onChoose: () => void end.run(of) },
          ],
        })}
        empty={null}
      />
    </Card>
  )
}
