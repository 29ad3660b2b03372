import { useResource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import type { Compliance, Control } from './review.ts'

const looks = {
  ok: { words: 'nothing found', tone: 'good' },
  info: { words: 'to know', tone: 'plain' },
  warn: { words: 'needs care', tone: 'warn' },
  bad: { words: 'wrong', tone: 'bad' },
} as const

/** The controls that auditors ask for, with the requirements that each serves. */
export function ComplianceCard() {
  const { value, failure, reload } = useResource<Compliance>('/compliance')
  return (
    <Card
      title="Compliance"
      isFlush
      end={
        value !== null && (
          <span class="hint">
            examined <Time at={value.examinedAt} />
          </span>
        )
      }
    >
      <ErrorPanel failure={failure} onRetry={reload} />
      <Table
        label="Controls"
        columns={columns}
        rows={value?.controls ?? (failure === null ? null : [])}
        rowKey={({ name }) => name}
        empty={null}
      />
    </Card>
  )
}

const columns: readonly Column<Control>[] = [
  {
    ...{ id: 'control', title: 'Control', isName: true },
    render: ({ title, finds, findings }) => (
      <>
        <b>{title}</b>
        {findings.length === 0 && <span class="sub">looks for {finds.replaceAll('`', '')}</span>}
        {findings.map(({ what, remedy }) => (
          <span class="sub" key={what}>
            {what}. {remedy}
          </span>
        ))}
      </>
    ),
  },
  {
    ...{ id: 'state', title: 'Found', look: 'fit' },
    render: ({ state }) => (
      <Tag tone={looks[state].tone} hasDot>
        {looks[state].words}
      </Tag>
    ),
  },
  {
    ...{ id: 'serves', title: 'Serves', isMinor: true },
    render: ({ requirements }) => (
      <span class="serves">
        {Object.entries(requirements).map(([framework, list]) => (
          <span class="sub" key={framework}>
            {framework}: {list.join(', ')}
          </span>
        ))}
      </span>
    ),
  },
]
