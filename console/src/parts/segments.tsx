export type Segment<T extends string> = {
  readonly value: T
  readonly title: string
  readonly count?: number | undefined
}

export type SegmentsProps<T extends string> = {
  /** What is chosen: for readers of the screen. */
  readonly label: string
  readonly of: readonly Segment<T>[]
  readonly value: T
  readonly onChange: (value: T) => void
}

/** One of a few; each may say how many there are. */
export function Segments<T extends string>({ label, of, value, onChange }: SegmentsProps<T>) {
  return (
    <fieldset class="seg" aria-label={label}>
      {of.map((segment) => (
        <button
          type="button"
          key={segment.value}
          aria-pressed={segment.value === value}
          onClick={() => onChange(segment.value)}
        >
          {segment.title}
          {segment.count !== undefined && <span class="n"> {segment.count}</span>}
        </button>
      ))}
    </fieldset>
  )
}
