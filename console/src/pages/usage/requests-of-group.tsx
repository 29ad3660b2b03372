import { useState } from 'preact/hooks'
import { withQuery } from '../../api.ts'
import { formatDuration } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { Button } from '../../parts/button.tsx'
import { Card } from '../../parts/card.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Count, Money } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { ClockTime } from '../../parts/time.tsx'
import { setQuery } from '../../place.ts'
import { seesAll } from '../../session.ts'
import { type Grouping, nameOf } from './usage.ts'

type Request = {
  readonly id: number
  readonly at: string
  readonly requestId: string
  readonly user: string | null
  readonly service: string
  readonly model: string | null
  readonly endpoint: string | null
  readonly status: number
  readonly outcome: string
  readonly tokensIn: number
  readonly tokensOut: number
  readonly microUsd: string
  readonly durationMs: number
}

type RequestsPage = { readonly items: readonly Request[]; readonly next: string | null }

type Props = { readonly name: string; readonly by: Grouping; readonly since: string }

/** The single requests of a group, the newest first. */
export function RequestsOfGroup({ name, by, since }: Props) {
  const [cursor, setCursor] = useState<string | null>(null)
  const path = withQuery('/usage/requests', { [by]: name, since, cursor, limit: 20 })
  const { value, failure, isSlow, reload } = useResource<RequestsPage>(path, true)
  return (
    <Card
      title={`Requests of ${nameOf(name, by)}`}
      isFlush
      end={
        <Button isSmall look="quiet" onClick={() => setQuery({ only: null })}>
          Close
        </Button>
      }
    >
      <ErrorPanel failure={failure} onRetry={reload} />
      <Table
        label={`Requests of ${nameOf(name, by)}`}
        columns={columns}
        rows={value?.items ?? null}
        rowKey={({ id }) => String(id)}
        isSlow={isSlow}
        empty={<Empty title="No requests">There are none in this period.</Empty>}
      />
      <nav class="pages" aria-label="Pages of requests">
        <span class="grow" />
        <Button isSmall isDisabled={cursor === null} onClick={() => setCursor(null)}>
          Newest
        </Button>
        <Button
          isSmall
          isDisabled={value?.next == null}
          onClick={() => setCursor(value?.next ?? null)}
        >
          Older
        </Button>
      </nav>
    </Card>
  )
}

const columns: readonly Column<Request>[] = [
  {
    ...{ id: 'when', title: 'When', look: 'fit' },
    render: ({ at, requestId }) =>
      seesAll() ? (
        <a href={withQuery('/audit', { request: requestId })}>
          <ClockTime at={at} />
        </a>
      ) : (
        <ClockTime at={at} />
      ),
  },
  {
    ...{ id: 'what', title: 'What', look: 'cut' },
    render: ({ service, endpoint, model }) => (
      <>
        {service} <span class="mono">{endpoint ?? ''}</span>
        <span class="sub">{model ?? ''}</span>
      </>
    ),
  },
  { id: 'who', title: 'Person', look: 'fit', isMinor: true, render: ({ user }) => user ?? '' },
  {
    ...{ id: 'tokens', title: 'Tokens', look: 'num', isMinor: true },
    render: ({ tokensIn, tokensOut }) => <Count of={tokensIn + tokensOut} isShort />,
  },
  {
    ...{ id: 'money', title: 'Money', look: 'num', isMinor: true },
    render: ({ microUsd }) => <Money microUsd={microUsd} />,
  },
  {
    ...{ id: 'took', title: 'Took', look: 'num', isMinor: true },
    render: ({ durationMs }) => <span class="hint">{formatDuration(durationMs)}</span>,
  },
  {
    ...{ id: 'status', title: 'Answer', look: 'num' },
    render: ({ status, outcome }) => (
      <Tag tone={outcome === 'answered' && status < 400 ? 'plain' : 'bad'}>
        {outcome === 'answered' ? status : outcome}
      </Tag>
    ),
  },
]
