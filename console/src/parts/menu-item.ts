/** An act in a menu. */
export type MenuItem = {
  readonly title: string
  readonly onChoose: () => void
  readonly isDanger?: boolean
  readonly isDisabled?: boolean
  /** One of several that is in force; absent for a plain act. */
  readonly isChecked?: boolean
}
