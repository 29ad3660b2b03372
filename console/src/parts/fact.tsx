import type { ComponentChildren } from 'preact'

/** One line of a list `<dl class="facts">`: what it is called, and what it is. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
