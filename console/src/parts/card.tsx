import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export type CardProps = {
  readonly title?: string
  /** Beside the title: a tag. */
  readonly beside?: ComponentChildren
  /** At the end of the title's line: a hint, a link, segments. */
  readonly end?: ComponentChildren
  /** A table brings its own space. */
  readonly isFlush?: boolean
  readonly children: ComponentChildren
}

/** A panel with a title; a region of the page where it has one. */
export function Card({ title, beside, end, isFlush = false, children }: CardProps) {
  const id = useId()
  return (
    <section class="card" aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <header>
          <h2 id={id}>{title}</h2>
          {beside}
          <div class="grow" />
          {end}
        </header>
      )}
      {isFlush ? children : <div class="pad">{children}</div>}
    </section>
  )
}
