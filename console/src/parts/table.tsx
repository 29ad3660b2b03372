import { Scroll } from './scroll.tsx'
import { Picks, TableBody } from './table-body.tsx'
import { type Column, cellLook, type TableProps } from './table-column.ts'

/** Rows with sortable headers, acts behind a button, and room kept while they load. */
export function Table<T>(props: TableProps<T>) {
  const { columns, rows, menu, onSelect, empty, label, isSlow = false } = props
  if (rows?.length === 0) return <>{empty}</>
  return (
    <Scroll label={label}>
      <table aria-busy={rows === null || isSlow} class={isSlow ? 'slow' : undefined}>
        <caption class="hidden">{label}</caption>
        <thead>
          <tr>
            {onSelect !== undefined && <Picks table={props} row={null} />}
            {columns.map((column) => (
              <Header key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
            {menu !== undefined && (
              <td class="act">
                <span class="hidden">Acts</span>
              </td>
            )}
          </tr>
        </thead>
        <TableBody {...props} />
      </table>
    </Scroll>
  )
}

type HeaderProps<T> = {
  readonly column: Column<T>
  readonly sort: string | null | undefined
  readonly onSort: ((sort: string) => void) | undefined
}

function Header<T>({ column, sort, onSort }: HeaderProps<T>) {
  const { sort: member, title } = column
  if (title === '') return <td class={cellLook(column)} />
  if (member === undefined || onSort === undefined) {
    return (
      <th scope="col" class={cellLook(column)}>
        {title}
      </th>
    )
  }
  const order = orderOf(member, sort)
  return (
    <th scope="col" class={cellLook(column)} aria-sort={order ?? 'none'}>
      <button type="button" onClick={() => onSort(nextSort(column, order))}>
        {title}
        <span class="order" aria-hidden="true">
          {order === 'ascending' ? '↑' : order === 'descending' ? '↓' : ''}
        </span>
      </button>
    </th>
  )
}

type Order = 'ascending' | 'descending'

function orderOf(member: string, sort: string | null | undefined): Order | null {
  if (sort === member) return 'ascending'
  return sort === `-${member}` ? 'descending' : null
}

function nextSort<T>({ sort = '', isDescendingFirst = false }: Column<T>, order: Order | null) {
  const isDescending = order === null ? isDescendingFirst : order === 'ascending'
  return isDescending ? `-${sort}` : sort
}
