import { formatDuration, plural } from '../../lib/format.ts'
import { Bar } from '../../parts/bar.tsx'
import { Card } from '../../parts/card.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { type QueueOfService, type QueueRow, rowsOf, turnText } from './queue.ts'

const columns: readonly Column<QueueRow>[] = [
  {
    id: 'turn',
    title: 'Turn',
    look: 'fit',
    render: ({ position }) => (
      <Tag tone={position === null ? 'good' : 'plain'} hasDot>
        {turnText(position)}
      </Tag>
    ),
  },
  { id: 'user', title: 'User', isName: true, render: ({ user }) => <b>{user}</b> },
  {
    id: 'key',
    title: 'Key',
    look: 'fit',
    isMinor: true,
    render: ({ key, principal }) =>
      key === null ? (
        <span class="hint">{principal}</span>
      ) : (
        <a class="mono" href={`/keys/${key}`}>
          {key}
        </a>
      ),
  },
  {
    id: 'model',
    title: 'Model',
    render: ({ model }) =>
      model === null ? <span class="hint">none</span> : <span class="mono">{model}</span>,
  },
  {
    id: 'since',
    title: 'For',
    look: 'num',
    render: ({ sinceMs }) => formatDuration(sinceMs),
  },
]

/** The slots of one service, who has them, and who waits. */
export function ServiceQueue({ service }: { service: QueueOfService }) {
  const { name, slots, runningCount, waitingCount } = service
  const rows = rowsOf(service)
  const hidden = runningCount + waitingCount - rows.length
  return (
    <Card
      title={name}
      isFlush
      end={
        <span class="limit">
          <Bar share={runningCount / slots} tone={waitingCount > 0 ? 'warn' : 'plain'} />
          <span>
            {runningCount} of {plural(slots, 'slot')}, {waitingCount} waiting
          </span>
        </span>
      }
    >
      <Table
        label={`Requests at ${name}`}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        empty={<p class="pad hint">{hidden > 0 ? othersText(hidden) : 'Nothing runs.'}</p>}
      />
      {rows.length > 0 && hidden > 0 && <p class="pad hint">{othersText(hidden)}</p>}
    </Card>
  )
}

function othersText(count: number): string {
  return `${plural(count, 'request')} of others.`
}
