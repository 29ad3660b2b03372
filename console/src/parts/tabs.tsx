import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'

export type Tab = { readonly title: string; readonly content: ComponentChildren }

/** Panels, one of which is shown; arrows move between the tabs. */
export function Tabs({ label, of }: { label: string; of: readonly Tab[] }) {
  const id = useId()
  const [shown, setShown] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent) => {
    const to = { ArrowRight: shown + 1, ArrowLeft: shown - 1, Home: 0, End: of.length - 1 }[
      event.key
    ]
    if (to === undefined) return
    event.preventDefault()
    const next = (to + of.length) % of.length
    setShown(next)
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus()
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {of.map(({ title }, index) => (
          <button
            type="button"
            role="tab"
            key={title}
            id={`${id}-tab-${index}`}
            aria-selected={index === shown}
            aria-controls={`${id}-panel`}
            tabIndex={index === shown ? 0 : -1}
            onClick={() => setShown(index)}
          >
            {title}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-tab-${shown}`}>
        {of[shown]?.content}
      </div>
    </>
  )
}
