import { useMemo, useState } from 'preact/hooks'
import { formatCount, formatDuration, formatShare } from '../../lib/format.ts'
import { useShared } from '../../lib/shared.ts'
import { Bar } from '../../parts/bar.tsx'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Count, Money } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { place, setQuery } from '../../place.ts'
import {
  type Asked,
  amountOf,
  type Group,
  type Grouping,
  nameOf,
  sortGroups,
  tokensOf,
  type Usage,
} from './usage.ts'

type Props = {
  readonly usage: Usage | null
  readonly asked: Asked
  readonly isSlow: boolean
}

const titles: Readonly<Record<Grouping, string>> = {
  ...{ user: 'Person', key: 'Key', model: 'Model', service: 'Service' },
}
const shownMax = 25

/** Each group with its figures and its share; a name leads to its requests. */
export function GroupsCard({ usage, asked, isSlow }: Props) {
  const { by, figure } = asked
  const sort = useShared(place).query.get('sort') ?? `-${figure}`
  const [isAll, setAll] = useState(false)
  const sorted = useMemo(() => sortGroups(usage?.groups ?? [], sort), [usage, sort])
  const total = usage === null ? 0 : amountOf(usage.totals, figure)
  const columns = useMemo(() => columnsFor(asked, total), [by, figure, total])
  const shown = isAll ? sorted : sorted.slice(0, shownMax)
  return (
    <div class="card">
      <Table
        label={`Usage by ${titles[by].toLowerCase()}`}
        columns={columns}
        rows={usage === null ? null : shown}
        rowKey={({ name }) => name ?? ''}
        sort={sort}
        onSort={(to) => setQuery({ sort: to }, 'replace')}
        isSlow={isSlow}
        empty={
          <Empty title="Nothing was used">
            Requests of this period stand here, with tokens and money, by person, key, model and
            service.
          </Empty>
        }
      />
      {sorted.length > shownMax && (
        <nav class="pages" aria-label="Groups">
          <span class="hint">
            {formatCount(shown.length)} shown of {formatCount(usage?.groupCount ?? 0)}
          </span>
          <Button isSmall onClick={() => setAll(!isAll)}>
            {isAll ? 'Show fewer' : 'Show all'}
          </Button>
        </nav>
      )}
    </div>
  )
}

function columnsFor({ by, figure }: Asked, total: number): readonly Column<Group>[] {
  return [
    {
      ...{ id: 'name', title: titles[by], sort: 'name', isName: true },
      render: (group) => <Name group={group} by={by} />,
    },
    {
      ...{ id: 'requests', title: 'Requests', sort: 'requests', look: 'num' },
      isDescendingFirst: true,
      render: ({ requests }) => <Count of={requests} />,
    },
    {
      ...{ id: 'failed', title: 'Failed', sort: 'failed', look: 'num', isMinor: true },
      isDescendingFirst: true,
      render: ({ failed }) => (
        <span class="hint">
          <Count of={failed} />
        </span>
      ),
    },
    {
      ...{ id: 'tokens', title: 'Tokens', sort: 'tokens', look: 'num', isMinor: true },
      isDescendingFirst: true,
      render: (group) => <Count of={tokensOf(group)} isShort />,
    },
    {
      ...{ id: 'money', title: 'Money', sort: 'money', look: 'num', isDescendingFirst: true },
      render: ({ microUsd }) => <Money microUsd={microUsd} />,
    },
    {
      ...{ id: 'share', title: 'Share', isMinor: true },
      render: (group) => <Share of={amountOf(group, figure)} total={total} />,
    },
    {
      ...{ id: 'average', title: 'Average', sort: 'average', look: 'num', isMinor: true },
      isDescendingFirst: true,
      render: ({ averageMs }) => <span class="hint">{formatDuration(averageMs)}</span>,
    },
    {
      ...{ id: 'mostly', title: 'Mostly', look: 'fit', isMinor: true },
      render: ({ mostly }) => <span class="hint">{mostly ?? ''}</span>,
    },
  ]
}

function Share({ of, total }: { readonly of: number; readonly total: number }) {
  const share = total === 0 ? 0 : of / total
  return (
    <span class="share">
      <Bar share={share} />
      <span class="hint">{formatShare(share)}</span>
    </span>
  )
}

function Name({ group, by }: { readonly group: Group; readonly by: Grouping }) {
  const { name, user } = group
  if (name === null) return <span class="hint">{nameOf(name, by)}</span>
  const isKey = by === 'key'
  return (
    <>
      <button type="button" class="link plain" onClick={() => setQuery({ only: name })}>
        <b>{isKey && user !== null ? user : nameOf(name, by)}</b>
      </button>
      {isKey && <span class="sub mono">{nameOf(name, by)}</span>}
    </>
  )
}
