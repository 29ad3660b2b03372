import type { ComponentChildren } from 'preact'
import type { MenuItem } from './menu-item.ts'

export type Column<T> = {
  readonly id: string
  /** Empty for a column whose cells speak for themselves. */
  readonly title: string
  readonly render: (row: T) => ComponentChildren
  /** The member that the API sorts by; a column without it is not sortable. */
  readonly sort?: string
  /** The first order: names ascend, numbers and times descend. */
  readonly isDescendingFirst?: boolean
  /** `num` is right-aligned, `fit` never breaks, `cut` ends with an ellipsis. */
  readonly look?: 'num' | 'fit' | 'cut'
  /** The column that names the row. */
  readonly isName?: boolean
  /** Not shown where the window is narrow. */
  readonly isMinor?: boolean
}

export type TableProps<T> = {
  /** What the table holds, for readers of the screen. */
  readonly label: string
  readonly columns: readonly Column<T>[]
  /** Null until the first rows are there. */
  readonly rows: readonly T[] | null
  readonly rowKey: (row: T) => string
  /** A name of the row for its menu and its checkbox. */
  readonly rowName?: (row: T) => string
  readonly sort?: string | null
  readonly onSort?: (sort: string) => void
  /** Acts on a row, behind one button. */
  readonly menu?: (row: T) => readonly MenuItem[]
  readonly selected?: ReadonlySet<string>
  readonly onSelect?: (selected: ReadonlySet<string>) => void
  readonly empty: ComponentChildren
  /** Loading takes longer than 300 ms. */
  readonly isSlow?: boolean
}

export function cellLook<T>({ look, isMinor }: Column<T>): string | undefined {
  return [look, isMinor === true && 'minor'].filter(Boolean).join(' ') || undefined
}
