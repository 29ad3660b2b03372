import { useEffect, useState } from 'preact/hooks'
import { callRaw, withQuery } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { saveAs } from '../../lib/save-as.ts'
import { useShared } from '../../lib/shared.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Tag } from '../../parts/tag.tsx'
import { place, setQuery } from '../../place.ts'
import { AnomaliesCard } from './anomalies-card.tsx'
import { auditPath, commandFor, type AuditPage as Records, readFilters } from './audit.ts'
import { ChainState } from './chain-state.tsx'
import { FilterButton } from './filter-form.tsx'
import { RecordsCard } from './records-card.tsx'

const kinds = [
  { value: 'all', title: 'All' },
  { value: 'acts', title: 'Acts' },
  { value: 'requests', title: 'Requests' },
  { value: 'refused', title: 'Refused' },
] as const
type Kind = (typeof kinds)[number]['value']

/** Who did what, and was the record changed? */
export function AuditPage() {
  const { query } = useShared(place)
  const filters = readFilters(query)
  const kind = kindOf(filters)
  const request = filters['request'] ?? null
  return (
    <Page
      title="Audit"
      acts={<Export filters={filters} />}
      search={{
        label: 'Search records',
        value: filters['q'] ?? '',
        onSearch: (q) => setQuery({ q, request: null }, 'replace'),
      }}
      command={commandFor(filters)}
    >
      <div class="bar-row">
        <Segments label="Records" of={kinds} value={kind} onChange={choose} />
        <FilterButton filters={filters} />
        <Chosen filters={filters} />
        <ChainState />
      </div>
      <FoundRecords filters={filters} />
      {request === null && kind !== 'refused' && <AnomaliesCard />}
    </Page>
  )
}

type Filters = Readonly<Record<string, string>>

function kindOf({ chain, success }: Filters): Kind {
  if (chain === 'requests') return success === 'false' ? 'refused' : 'requests'
  return chain === 'acts' ? 'acts' : 'all'
}

function choose(kind: Kind): void {
  const chain = { all: null, acts: 'acts', requests: 'requests', refused: 'requests' }[kind]
  setQuery({ chain, success: kind === 'refused' ? 'false' : null, request: null })
}

const shownAbove = new Set(['chain', 'success', 'q'])

/** The filters beside the kind, each with a way to let it go. */
function Chosen({ filters }: { readonly filters: Filters }) {
  const chosen = Object.entries(filters).filter(([name]) => !shownAbove.has(name))
  if (chosen.length === 0) return null
  return (
    <span class="tags">
      {chosen.map(([name, value]) => (
        <Tag key={name}>
          {name} {value}{' '}
          <button
            type="button"
            class="link"
            aria-label={`Without ${name} ${value}`}
            onClick={() => setQuery({ [name]: null })}
          >
            ×
          </button>
        </Tag>
      ))}
    </span>
  )
}

/** Pages that a search of one request goes through by itself: it ends where the record is found. */
const pagesByItself = 30

function FoundRecords({ filters }: { readonly filters: Filters }) {
  const [cursor, setCursor] = useState<string | null>(null)
  const [turns, setTurns] = useState(0)
  const asked = JSON.stringify(filters)
  useEffect(() => {
    setCursor(null)
    setTurns(0)
  }, [asked])
  const records = useResource<Records>(auditPath(filters, cursor), true)
  const { value } = records
  const isLooking =
    filters['request'] !== undefined && value?.items.length === 0 && value.next !== null
  useEffect(() => {
    if (!isLooking || turns >= pagesByItself) return
    setTurns(turns + 1)
    setCursor(value?.next ?? null)
  }, [value])
  return (
    <>
      <ErrorPanel failure={records.failure} onRetry={records.reload} />
      <RecordsCard
        page={value}
        isSlow={records.isSlow || (isLooking && turns < pagesByItself)}
        isFirst={cursor === null}
        request={filters['request'] ?? null}
        onFirst={() => setCursor(null)}
        onNext={() => setCursor(value?.next ?? null)}
      />
    </>
  )
}

/** Saves what is shown, of the last 30 days where the address says no other time. */
function Export({ filters }: { readonly filters: Filters }) {
  const save = useSubmit(async () => {
    const path = withQuery('/audit/export', filters)
    const answer = await callRaw('GET', path, { accept: 'application/x-ndjson' })
    saveAs('audit.ndjson', await answer.blob())
  })
  return (
    <>
      <ErrorPanel failure={save.failure} />
      <Button isBusy={save.isBusy} onClick={() => void save.run()}>
        {filters['since'] === undefined ? 'Export 30 days…' : 'Export…'}
      </Button>
    </>
  )
}
