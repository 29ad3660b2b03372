import type { ComponentChildren } from 'preact'

/** Content that may be wider than its room, and scrolls by itself. */
export function Scroll(props: { label: string; look?: string; children: ComponentChildren }) {
  const look = props.look === undefined ? 'scroll' : `scroll ${props.look}`
  return (
    <div {...scrollable(props.label)} class={look}>
      {props.children}
    </div>
  )
}

/** A group and no landmark; the keyboard must reach what scrolls. */
function scrollable(label: string) {
  return { role: 'group', tabIndex: 0, 'aria-label': label } as const
}
