import type { ComponentChildren } from 'preact'

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

/** A word with a colour; the dot is for states. The colour never stands alone. */
export function Tag(props: { children: ComponentChildren; tone?: Tone; hasDot?: boolean }) {
  const { tone = 'plain', hasDot = false } = props
  return (
    <span class={tone === 'plain' ? 'tag' : `tag ${tone}`}>
      {hasDot && <span class="dot" aria-hidden="true" />}
      {props.children}
    </span>
  )
}

/** Words side by side, the first few, and how many more there are. */
export function Tags({ of, most = 3 }: { of: readonly string[]; most?: number }) {
  const more = of.slice(most)
  return (
    <span class="tags">
      {of.slice(0, most).map((word) => (
        <Tag key={word}>{word === '*' ? 'all' : word}</Tag>
      ))}
      {more.length > 0 && (
        <span class="hint" title={more.join(', ')}>
          and {more.length} more
        </span>
      )}
    </span>
  )
}
