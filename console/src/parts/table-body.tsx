import { Menu } from './menu.tsx'
import { type Column, cellLook, type TableProps } from './table-column.ts'

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
      {table.onSelect !== undefined && <SelectOne row={row} table={table} />}
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

function SelectOne<T>({ row, table }: { row: T; table: TableProps<T> }) {
  const { selected = new Set<string>(), onSelect, rowKey, rowName = rowKey } = table
  const key = rowKey(row)
  const toggle = () => {
    const next = new Set(selected)
    if (!next.delete(key)) next.add(key)
    onSelect?.(next)
  }
  return (
    <td class="pick">
      <input
        type="checkbox"
        aria-label={`Select ${rowName(row)}`}
        checked={selected.has(key)}
        onChange={toggle}
      />
    </td>
  )
}

export function SelectAll<T>({ rows, rowKey, selected = new Set(), onSelect }: TableProps<T>) {
  const keys = (rows ?? []).map(rowKey)
  const isAll = keys.length > 0 && keys.every((key) => selected.has(key))
  return (
    <td class="pick">
      <input
        type="checkbox"
        aria-label="Select all on this page"
        checked={isAll}
        indeterminate={!isAll && keys.some((key) => selected.has(key))}
        onChange={() => onSelect?.(new Set(isAll ? [] : keys))}
      />
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
