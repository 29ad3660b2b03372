import type { ComponentChildren } from 'preact'
import { formatCount } from '../lib/format.ts'
import type { List } from '../lib/list.ts'
import { Button } from './button.tsx'
import { ErrorPanel } from './error-panel.tsx'
import { Table } from './table.tsx'
import type { TableProps } from './table-column.ts'

type Props<T> = Omit<TableProps<T>, 'rows' | 'sort' | 'onSort' | 'isSlow' | 'empty'> & {
  readonly list: List<T>
  /** Nothing is there at all. */
  readonly empty: ComponentChildren
  /** Something is there, but not with this search or filter. */
  readonly noMatch?: ComponentChildren
  /** Members of the address that narrow the list. */
  readonly filters?: readonly string[]
}

/** A list of the API as a table in a card, with its pages. */
export function ListTable<T>({ list, empty, noMatch, filters = [], ...table }: Props<T>) {
  const { page, failure } = list
  const isNarrowed = list.q !== '' || filters.some((name) => list.filter(name) !== null)
  const none = isNarrowed ? (noMatch ?? <p class="empty">Nothing matches.</p>) : empty
  return (
    <>
      <ErrorPanel failure={failure} onRetry={list.reload} />
      {(page !== null || failure === null) && (
        <div class="card">
          <Table
            {...table}
            rows={page?.items ?? null}
            sort={list.sort}
            onSort={list.setSort}
            isSlow={list.isSlow}
            empty={none}
          />
          <Pages list={list} />
        </div>
      )}
    </>
  )
}

function Pages<T>({ list }: { list: List<T> }) {
  const { page, isFirstPage } = list
  if (page === null || (isFirstPage && page.next === null)) return null
  return (
    <nav class="pages" aria-label="Pages of the list">
      <span class="hint">
        {formatCount(page.items.length)} shown of {formatCount(page.total)}
      </span>
      <Button isSmall isDisabled={isFirstPage} onClick={list.goFirst}>
        First page
      </Button>
      <Button isSmall isDisabled={page.next === null} onClick={list.goNext}>
        Next page
      </Button>
    </nav>
  )
}
