import { formatCount, formatMoney } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Time } from '../../parts/time.tsx'
import { seesInstallation } from '../../session.ts'

type Anomaly = {
  readonly key: string
  readonly user: string | null
  readonly hour: string
  readonly requests: number
  readonly meanRequests: number
  readonly microUsd: string
  readonly meanMicroUsd: string
}

type Anomalies = {
  readonly rules: { readonly factor: number; readonly requestsMin: number; readonly days: number }
  readonly items: readonly Anomaly[]
}

const columns: readonly Column<Anomaly>[] = [
  { id: 'hour', title: 'Hour from', look: 'fit', render: ({ hour }) => <Time at={hour} /> },
  {
    ...{ id: 'key', title: 'Key', isName: true },
    render: ({ key, user }) => (
      <>
        {user ?? 'unknown'}
        <span class="sub mono">{key.replace(/^key:(.{4}).*$/, 'gk_$1…')}</span>
      </>
    ),
  },
  {
    ...{ id: 'requests', title: 'Requests', look: 'num' },
    render: ({ requests, meanRequests }) => (
      <>
        {formatCount(requests)}
        <span class="sub">usually {formatCount(Math.round(meanRequests))}</span>
      </>
    ),
  },
  {
    ...{ id: 'money', title: 'Money', look: 'num' },
    render: ({ microUsd, meanMicroUsd }) => (
      <>
        {formatMoney(microUsd)}
        <span class="sub">usually {formatMoney(meanMicroUsd)}</span>
      </>
    ),
  },
]

/** Hours in which a key was used far more than usual. Nothing is decided by it. */
export function AnomaliesCard() {
  const { value, failure, reload } = useResource<Anomalies>(
    seesInstallation() ? '/audit/anomalies' : null,
  )
  if (failure !== null) return <ErrorPanel failure={failure} onRetry={reload} />
  if (value === null) return null
  const { factor, requestsMin, days } = value.rules
  return (
    <Card
      title="Unusual hours"
      isFlush
      end={
        <span class="hint">
          last 7 days: above {requestsMin} requests and {factor} times the mean of that hour over{' '}
          {days} days
        </span>
      }
    >
      <Table
        label="Unusual hours"
        columns={columns}
        rows={value.items}
        rowKey={({ key, hour }) => `${key} ${hour}`}
        empty={<p class="empty hint">No key was used far more than usual.</p>}
      />
    </Card>
  )
}
