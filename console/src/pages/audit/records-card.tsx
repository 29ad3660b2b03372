import { useMemo } from 'preact/hooks'
import { withQuery } from '../../api.ts'
import { formatCount } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ReasonTag } from '../../parts/reason-tag.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { ClockTime, Time } from '../../parts/time.tsx'
import { setQuery } from '../../place.ts'
import { seesAll } from '../../session.ts'
import { type AuditPage, type AuditRecord, sayActor, sayEvent, sayWhat } from './audit.ts'
import { RecordDetails } from './record-details.tsx'

type Props = {
  readonly page: AuditPage | null
  readonly isSlow: boolean
  readonly isFirst: boolean
  /** One request is looked up: everything that belongs to it is shown whole. */
  readonly request: string | null
  readonly onFirst: () => void
  readonly onNext: () => void
}

/** Records, the newest first; of one request with all that is on record about it. */
export function RecordsCard(props: Props) {
  const { page, request, isSlow } = props
  const names = useNames()
  const columns = useMemo(() => columnsFor(names), [names])
  return (
    <div class="card">
      {request !== null && page !== null && page.items.length > 0 ? (
        <RecordDetails records={page.items} names={names} />
      ) : (
        <Table
          label="Records"
          columns={columns}
          rows={page?.items ?? null}
          rowKey={({ id }) => id}
          isSlow={isSlow}
          empty={<Nothing page={page} request={request} isSlow={isSlow} />}
        />
      )}
      <Pages {...props} />
    </div>
  )
}

function Nothing({ page, request, isSlow }: Pick<Props, 'page' | 'request' | 'isSlow'>) {
  if (isSlow) return <Empty title="Looking…">Older files are being read.</Empty>
  if (page?.next != null) {
    return (
      <Empty title="Nothing yet">
        Nothing matches back to <Time at={page.lookedBackTo} />. “Older” looks further back.
      </Empty>
    )
  }
  return request === null ? (
    <Empty title="Nothing matches">
      Acts of people and commands, and requests with their decision, stand here.
    </Empty>
  ) : (
    <Empty title="This request is not on record">
      Its record was removed by age, or the id belongs to no request.
    </Empty>
  )
}

function Pages({ page, isFirst, onFirst, onNext }: Props) {
  if (page === null || (isFirst && page.next === null)) return null
  return (
    <nav class="pages" aria-label="Pages of the records">
      <span class="hint">
        {formatCount(page.items.length)} shown
        {page.lookedBackTo !== null && (
          <>
            , looked back to <Time at={page.lookedBackTo} />
          </>
        )}
      </span>
      <Button isSmall isDisabled={isFirst} onClick={onFirst}>
        Newest
      </Button>
      <Button isSmall isDisabled={page.next === null} onClick={onNext}>
        Older
      </Button>
    </nav>
  )
}

type Person = { readonly id: string; readonly name: string }

/** Names of people by their principals: an act says `person:ID`. */
function useNames(): ReadonlyMap<string, string> {
  const { value } = useResource<{ items: readonly Person[] }>(
    seesAll() ? '/people?limit=200' : null,
  )
  return useMemo(() => new Map(value?.items.map(({ id, name }) => [`person:${id}`, name])), [value])
}

function columnsFor(names: ReadonlyMap<string, string>): readonly Column<AuditRecord>[] {
  return [
    {
      ...{ id: 'when', title: 'When', look: 'fit' },
      render: ({ at }) => (
        <span class="hint">
          <ClockTime at={at} />
        </span>
      ),
    },
    {
      ...{ id: 'who', title: 'Who', look: 'fit', isMinor: true },
      render: ({ actor }) =>
        actor === null ? <span class="hint">no key</span> : sayActor(actor, names),
    },
    {
      ...{ id: 'what', title: 'What', look: 'cut' },
      render: (record) => <What record={record} names={names} />,
    },
    {
      ...{ id: 'result', title: 'Result', look: 'fit' },
      render: (record) => <Result record={record} />,
    },
    {
      ...{ id: 'more', title: '', look: 'num', isMinor: true },
      render: (record) => <More record={record} />,
    },
  ]
}

/** Leads to all that is on record about the request, and to why it was refused. */
function More({ record }: { readonly record: AuditRecord }) {
  const { requestId, event, success, details } = record
  const query = { request: requestId, method: textOf(details['method']) }
  const explain = { ...query, path: textOf(details['path']), service: textOf(details['service']) }
  return (
    <span class="both">
      {event === 'request' && !success && <a href={withQuery('/explain', explain)}>Explain</a>}
      {requestId !== null && <RequestLink id={requestId} />}
    </span>
  )
}

function RequestLink({ id }: { readonly id: string }) {
  return (
    <button
      type="button"
      class="link"
      aria-label={`All of request ${id}`}
      onClick={() => setQuery({ request: id, q: null })}
    >
      Request
    </button>
  )
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function What({ record, names }: { record: AuditRecord; names: ReadonlyMap<string, string> }) {
  const what = sayWhat(record)
  const actor = record.actor === null ? 'no key' : sayActor(record.actor, names)
  return (
    <>
      {record.event === 'request' ? (
        <span class="mono" title={what}>
          {what === '' ? 'request' : what}
        </span>
      ) : (
        <>
          {sayEvent(record.event)}
          <span class="sub">{what}</span>
        </>
      )}
      <span class="narrow sub">{actor}</span>
    </>
  )
}

function Result({ record }: { readonly record: AuditRecord }) {
  return (
    <>
      <Outcome record={record} />
      {record.requestId !== null && (
        <span class="narrow">
          <RequestLink id={record.requestId} />
        </span>
      )}
    </>
  )
}

function Outcome({ record }: { readonly record: AuditRecord }) {
  const { success, details, event } = record
  const reason = details['reason']
  if (!success && typeof reason === 'string') return <ReasonTag reason={reason} />
  if (!success) return <Tag tone="bad">not done</Tag>
  if (event !== 'request') return <Tag tone="good">done</Tag>
  return <span class="hint">{String(details['status'] ?? 'allowed')}</span>
}
