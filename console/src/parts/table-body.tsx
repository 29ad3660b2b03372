import { later } from '../lib/later.tsx'
import { Menu } from './menu.tsx'
import { type Column, cellLook, type TableProps } from './table-column.ts'

const Pick = later(async () => (await import('./pick.tsx')).Pick)
const none: ReadonlySet<string> = new Set()

/** The rows; grey room for some of them while there are none, after 300 ms. */
export function TableBody<T>(props: TableProps<T>) {
  const { rows, rowKey } = props
  if (rows === null) return <Waiting {...props} />
  return (
    <tbody>
      {rows.map((row) => (
        <Row key={rowKey(row)} row={row} table={props} />
      ))}
    </tbody>
  )
}

function Row<T>({ row, table }: { row: T; table: TableProps<T> }) {
  const { columns, menu, rowKey, rowName = rowKey } = table
  return (
    <tr>
      {table.onSelect !== undefined && <Picks table={table} row={row} />}
      {columns.map((column) => (
        <Cell key={column.id} column={column} row={row} />
      ))}
      {menu !== undefined && (
        <td class="act">
          <RowMenu label={`Acts on ${rowName(row)}`} items={menu(row)} />
        </td>
      )}
    </tr>
  )
}

function RowMenu(props: Parameters<typeof Menu>[0]) {
  return props.items.length === 0 ? null : <Menu {...props} />
}

function Cell<T>({ column, row }: { column: Column<T>; row: T }) {
  const look = cellLook(column)
  if (column.isName === true) {
    return (
      <th scope="row" class={look}>
        {column.render(row)}
      </th>
    )
  }
  return <td class={look}>{column.render(row)}</td>
}

/** The cell of a checkbox: its code comes with the first table that has them. */
export function Picks<T>({ table, row }: { table: TableProps<T>; row: T | null }) {
  const { rowKey, rowName = rowKey, selected = none, onSelect = () => {} } = table
  const own = row === null ? null : { key: rowKey(row), name: rowName(row) }
  return (
    <td class="pick">
      <Pick keys={(table.rows ?? []).map(rowKey)} {...{ own, selected, onSelect }} />
    </td>
  )
}

function Waiting<T>({ columns, menu, onSelect, isSlow = false }: TableProps<T>) {
  const cells = columns.length + (menu === undefined ? 0 : 1) + (onSelect === undefined ? 0 : 1)
  return (
    <tbody class={isSlow ? 'waiting shown' : 'waiting'}>
      {[0, 1, 2, 3, 4, 5].map((row) => (
        <tr key={row}>
          <td colSpan={cells}>
            <span class="line" />
          </td>
        </tr>
      ))}
    </tbody>
  )
}
