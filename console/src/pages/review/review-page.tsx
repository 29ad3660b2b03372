import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { dateText, plural } from '../../lib/format.ts'
import { useList } from '../../lib/list.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag, Tags } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { session } from '../../session.ts'
import { ComplianceCard } from './compliance-card.tsx'
import { type Holder, holderPath, type Review, sayMark } from './review.ts'

const titles = {
  all: 'All',
  marked: 'To look at',
  person: 'People',
  key: 'Keys',
  client: 'Clients',
}
type Kind = keyof typeof titles

/** Does everybody still need what they may do? */
export function ReviewPage() {
  const list = useList<Holder>('/review', { filters: ['kind', 'marked'] })
  const review = list.page as Review | null
  const kind = (list.filter('marked') === 'true' ? 'marked' : list.filter('kind')) ?? 'all'
  const counts = review?.counts
  return (
    <Page
      title="Review and compliance"
      search={{ label: 'Search holders of rights', value: list.q, onSearch: list.setSearch }}
      acts={<Done review={review} onDone={list.reload} />}
      command="npm run keys -- review"
    >
      <Standing review={review} />
      <div class="bar-row">
        <Segments
          label="Holders of rights"
          of={(Object.keys(titles) as Kind[]).map((value) => ({
            ...{ value, title: titles[value], count: counts?.[value] },
          }))}
          value={kind as Kind}
          onChange={(value) => choose(value, list.setFilter)}
        />
      </div>
      <ListTable
        list={list}
        label="Holders of rights"
        columns={columns}
        rowKey={({ kind: of, id }) => `${of} ${id}`}
        filters={['kind', 'marked']}
        empty={<p class="empty">Nobody may call anything yet.</p>}
      />
      <ComplianceCard />
    </Page>
  )
}

function choose(kind: Kind, setFilter: (name: string, value: string | null) => void): void {
  setFilter('marked', kind === 'marked' ? 'true' : null)
  setFilter('kind', kind === 'all' || kind === 'marked' ? null : kind)
}

/** When it was last done, and when it is due. */
function Standing({ review }: { readonly review: Review | null }) {
  if (review === null) return null
  const { lastReview, dueAt, isDue, everyDays, problem } = review
  return (
    <>
      <Notice tone={isDue ? 'warn' : 'info'} word={isDue ? 'Due' : 'Not due'}>
        {lastReview === null ? (
          'Nobody has reviewed keys and rights yet.'
        ) : (
          <>
            Last reviewed <Time at={lastReview.at} />
            {lastReview.by !== null && ` by ${lastReview.by}`}.
          </>
        )}{' '}
        {dueAt !== null && (
          <>
            A review is due every {everyDays} days: {isDue ? 'since' : 'on'}{' '}
            {dateText(Date.parse(dueAt), Date.now())}.
          </>
        )}
      </Notice>
      {problem !== null && (
        <Notice tone="warn" word="Last uses are unknown">
          {problem}
        </Notice>
      )}
    </>
  )
}

function Done({ review, onDone }: { readonly review: Review | null; readonly onDone: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const role = session.value?.person.role
  if (role !== 'owner' && role !== 'admin') return null
  const { key = 0, client = 0, person = 0 } = review?.counts ?? {}
  return (
    <>
      <Button look="main" isDisabled={review === null} onClick={() => setAsking(true)}>
        Record the review
      </Button>
      {isAsking && (
        <Confirm
          title="Was everybody looked at?"
          act="Record the review"
          isDanger={false}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await call('POST', '/review')
            onDone()
          }}
        >
          <p>
            The audit records that you reviewed {plural(person, 'person', 'people')},{' '}
            {plural(key, 'key')} and {plural(client, 'client')} as they are now. Nothing else
            changes.
          </p>
        </Confirm>
      )}
    </>
  )
}

const kindWords = { person: 'signs in', key: 'key', client: 'client' } as const

const columns: readonly Column<Holder>[] = [
  {
    ...{ id: 'name', title: 'Who', isName: true },
    render: (holder) => (
      <>
        <a href={holderPath(holder)}>{holder.name}</a>
        <span class="sub">
          {kindWords[holder.kind]}
          {holder.kind === 'key' && <span class="mono"> gk_{holder.id.slice(0, 4)}…</span>}
          {!holder.isActive && ', not active'}
        </span>
        {holder.marks.length > 0 && (
          <span class="narrow sub">
            {holder.marks.map((mark) => sayMark(mark).words).join(', ')}
          </span>
        )}
      </>
    ),
  },
  {
    ...{ id: 'may', title: 'May' },
    render: ({ role, services }) => (
      <>
        {role}
        <span class="sub">
          <Tags of={services} />
        </span>
      </>
    ),
  },
  {
    ...{ id: 'limits', title: 'Limits', isMinor: true },
    render: ({ limits }) => (
      <span class="hint">{limits.length > 0 ? limits.join(', ') : 'none'}</span>
    ),
  },
  {
    ...{ id: 'used', title: 'Last used', look: 'fit' },
    render: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    ...{ id: 'ends', title: 'Ends', look: 'fit', isMinor: true },
    render: ({ expiresAt, kind }) =>
      kind === 'person' ? <span class="hint">–</span> : <Time at={expiresAt} />,
  },
  {
    ...{ id: 'marks', title: 'Look at', isMinor: true },
    render: ({ marks }) => (
      <span class="tags">
        {marks.map((mark) => {
          const { words, tone } = sayMark(mark)
          return (
            <Tag key={mark} tone={tone}>
              {words}
            </Tag>
          )
        })}
      </span>
    ),
  },
]
