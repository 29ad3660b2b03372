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
    isMinor: true,
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
    render: ({ user, method, path }) => (
      <>
        {user ?? <span class="hint">no key</span>}
        <span class="narrow sub mono">
          {method} {path}
        </span>
      </>
    ),
  },
  {
    id: 'what',
    title: 'What',
    look: 'cut',
    isMinor: true,
    render: ({ method, path }) => (
      <span class="mono" title={`${method} ${path}`}>
        {method} {path}
      </span>
    ),
  },
  {
    id: 'why',
    title: 'Why',
    look: 'fit',
    render: (refusal) => (
      <>
        <ReasonTag reason={refusal.reason} />
        <span class="narrow">
          <ExplainLink refusal={refusal} />
        </span>
      </>
    ),
  },
  {
    id: 'explain',
    title: '',
    look: 'num',
    isMinor: true,
    render: (refusal) => <ExplainLink refusal={refusal} />,
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

/** Leads to the explanation of that request, filled in. */
function ExplainLink({ refusal }: { refusal: Refusal }) {
  const { requestId, method, path, service } = refusal
  return (
    <a
      href={withQuery('/explain', { request: requestId, method, path, service })}
      aria-label={`Explain ${method} ${path}`}
    >
      Explain
    </a>
  )
}
