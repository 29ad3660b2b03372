import { withQuery } from '../../api.ts'
import { Card } from '../../parts/card.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ReasonTag } from '../../parts/reason-tag.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { ClockTime } from '../../parts/time.tsx'
import { seesAll } from '../../session.ts'
import type { Refusal } from './overview.ts'

const columns: readonly Column<Refusal>[] = [
  {
    id: 'when',
    title: 'When',
    look: 'fit',
    render: ({ at }) => (
      <span class="hint">
        <ClockTime at={at} />
      </span>
    ),
  },
  {
    id: 'who',
    title: 'Who',
    look: 'fit',
    render: ({ user }) => user ?? <span class="hint">no key</span>,
  },
  {
    id: 'what',
    title: 'What',
    look: 'cut',
    render: ({ method, path }) => (
      <span class="mono" title={`${method} ${path}`}>
        {method} {path}
      </span>
    ),
  },
  { id: 'why', title: 'Why', look: 'fit', render: ({ reason }) => <ReasonTag reason={reason} /> },
  {
    id: 'explain',
    title: '',
    look: 'num',
    render: (refusal) => (
      <a href={explainPath(refusal)} aria-label={`Explain ${refusal.method} ${refusal.path}`}>
        Explain
      </a>
    ),
  },
]

/** The newest refusals, each one click from its explanation. */
export function RefusalsCard({ refusals }: { refusals: readonly Refusal[] | null }) {
  return (
    <Card
      title="Latest refusals"
      isFlush
      end={seesAll() && <a href="/audit?chain=requests&success=false">All in audit</a>}
    >
      <Table
        label="Latest refusals"
        columns={columns}
        rows={refusals}
        rowKey={({ requestId }) => requestId}
        empty={
          <Empty title="Nothing was refused">
            A refused request stands here with the reason, and leads to the rule behind it.
          </Empty>
        }
      />
    </Card>
  )
}

/** The explanation of that request, filled in. */
function explainPath({ requestId, method, path, service }: Refusal): string {
  return withQuery('/explain', { request: requestId, method, path, service })
}
