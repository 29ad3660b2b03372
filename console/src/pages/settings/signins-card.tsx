import { useResource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'

type Signin = {
  readonly at: string
  readonly event: string
  readonly success: boolean
  readonly method: string | null
  readonly provider: string | null
  readonly address: string | null
}

const words: Readonly<Record<string, string>> = {
  'signin.succeeded': 'signed in',
  'signin.failed': 'failed',
  'signin.ended': 'signed out',
  'session.ended': 'session ended',
}

const columns: readonly Column<Signin>[] = [
  { id: 'at', title: 'When', look: 'fit', render: ({ at }) => <Time at={at} /> },
  {
    id: 'what',
    title: 'What',
    look: 'fit',
    render: ({ event, success }) => (
      <Tag tone={success ? 'plain' : 'bad'}>{words[event] ?? event}</Tag>
    ),
  },
  { id: 'how', title: 'How', render: ({ method, provider }) => provider ?? method ?? '' },
  { id: 'where', title: 'Address', look: 'fit', isMinor: true, render: (of) => of.address ?? '' },
]

/** The person's own sign-ins: one that was not theirs stands out. */
export function SigninsCard() {
  const { value, failure, reload } = useResource<{ items: readonly Signin[] }>('/signins')
  return (
    <Card title="Your sign-ins of the last 30 days" isFlush>
      <ErrorPanel failure={failure} onRetry={reload} />
      <Table
        label="Sign-ins"
        columns={columns}
        rows={value?.items ?? null}
        rowKey={({ at, event }) => `${at} ${event}`}
        empty={<Empty title="Nothing yet">Each sign-in stands here, and each that failed.</Empty>}
      />
    </Card>
  )
}
