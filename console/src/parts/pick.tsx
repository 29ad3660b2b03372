type Props = {
  /** The rows of this page. */
  readonly keys: readonly string[]
  /** The row of the checkbox; null is for all of them. */
  readonly own: { readonly key: string; readonly name: string } | null
  readonly selected: ReadonlySet<string>
  readonly onSelect: (selected: ReadonlySet<string>) => void
}

/** The checkbox of a row, or of all rows. */
export function Pick({ keys, own, selected, onSelect }: Props) {
  if (own === null) {
    const isAll = keys.length > 0 && keys.every((key) => selected.has(key))
    return (
      <input
        type="checkbox"
        aria-label="Select all on this page"
        checked={isAll}
        indeterminate={!isAll && keys.some((key) => selected.has(key))}
        onChange={() => onSelect(new Set(isAll ? [] : keys))}
      />
    )
  }
  const toggle = () => {
    const next = new Set(selected)
    if (!next.delete(own.key)) next.add(own.key)
    onSelect(next)
  }
  return (
    <input
      type="checkbox"
      aria-label={`Select ${own.name}`}
      checked={selected.has(own.key)}
      onChange={toggle}
    />
  )
}
