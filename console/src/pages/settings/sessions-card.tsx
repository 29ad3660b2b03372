import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { Card } from '../../parts/card.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { go } from '../../place.ts'
import { endSession } from '../../session.ts'
import { proposeLabel } from '../../signin/passkeys.ts'

type Session = {
  readonly id: string
  readonly method: string
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly endsAt: string
  readonly address: string
  readonly agent: string | null
  readonly isCurrent: boolean
}

const columns: readonly Column<Session>[] = [
  {
    id: 'agent',
    title: 'Browser',
    isName: true,
    render: ({ agent, isCurrent, method }) => (
      <>
        {agent === null ? 'unknown' : proposeLabel(agent)}{' '}
        {isCurrent && <Tag tone="good">this one</Tag>}
        <span class="sub">by {method}</span>
      </>
    ),
  },
  { id: 'address', title: 'Address', look: 'fit', isMinor: true, render: (of) => of.address },
  { id: 'seen', title: 'Last seen', look: 'fit', render: (of) => <Time at={of.lastSeenAt} /> },
  {
    id: 'ends',
    title: 'Ends',
    look: 'fit',
    isMinor: true,
    render: (of) => <Time at={of.endsAt} />,
  },
]

/** Where the person is signed in. */
export function SessionsCard() {
  const { value, failure, reload } = useResource<{ items: readonly Session[] }>('/sessions')
  const [isAsking, setAsking] = useState(false)
  const end = useSubmit(async (session: Session) => {
    if (session.isCurrent) {
      await endSession()
      return go('/signin')
    }
    await call('DELETE', `/sessions/${session.id}`)
    reload()
  })
  const others = (value?.items.length ?? 0) > 1
  return (
    <Card
      title="Where you are signed in"
      isFlush
      end={
        others && (
          <Button isSmall onClick={() => setAsking(true)}>
            End all others
          </Button>
        )
      }
    >
      <ErrorPanel failure={failure ?? end.failure} onRetry={reload} />
      <Table
        label="Sessions"
        columns={columns}
        rows={value?.items ?? null}
        rowKey={({ id }) => id}
        rowName={({ agent, address }) =>
          `${agent === null ? 'unknown' : proposeLabel(agent)}, ${address}`
        }
        menu={(session) => [
          {
            title: session.isCurrent ? 'Sign out' : 'End',
            isDanger: true,
            onChoose: () => void end.run(session),
          },
        ]}
        empty={null}
      />
      {isAsking && (
        <Confirm
          title="End all other sessions?"
          act="End all others"
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await call('DELETE', '/sessions')
            reload()
          }}
        >
          <p>Every other browser has to sign in again. This one stays signed in.</p>
        </Confirm>
      )}
    </Card>
  )
}
