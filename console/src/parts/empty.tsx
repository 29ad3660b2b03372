import type { ComponentChildren } from 'preact'

/** An empty place: what will be here, and the first step. */
export function Empty(props: {
  title: string
  children?: ComponentChildren
  act?: ComponentChildren
}) {
  return (
    <div class="empty">
      <p class="title">{props.title}</p>
      {props.children !== undefined && <p class="hint">{props.children}</p>}
      {props.act}
    </div>
  )
}
