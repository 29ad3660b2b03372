import { useLayoutEffect, useRef } from 'preact/hooks'
import type { MenuItem } from './menu-item.ts'

type Props = {
  readonly id: string
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly button: { readonly current: HTMLElement | null }
  readonly onClose: () => void
}

const choosable = '[role^=menuitem]:not(:disabled)'

/** The open menu: in the top layer, where nothing cuts it. */
export function MenuList({ id, label, items, button, onClose }: Props) {
  const list = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => openAt(list.current, button.current), [])
  const close = () => {
    list.current?.hidePopover()
    button.current?.focus()
  }
  return (
    <div
      ref={list}
      id={id}
      class="menu"
      role="menu"
      popover="auto"
      aria-label={label}
      onToggle={(event) => event.newState === 'closed' && onClose()}
      onKeyDown={(event) => {
        if (event.key === 'Tab') close()
        else moveBy(event, list.current)
      }}
    >
      {items.map((item) => (
        <button
          type="button"
          {...roleOf(item)}
          tabIndex={-1}
          key={item.title}
          class={item.isDanger === true ? 'danger' : undefined}
          disabled={item.isDisabled === true}
          onClick={() => {
            close()
            item.onChoose()
          }}
        >
          {item.title}
        </button>
      ))}
    </div>
  )
}

function roleOf({ isChecked }: MenuItem) {
  if (isChecked === undefined) return { role: 'menuitem' } as const
  return { role: 'menuitemradio', 'aria-checked': isChecked } as const
}

/** Below the button, or above it, and within the window. */
function openAt(list: HTMLElement | null, button: HTMLElement | null): void {
  if (list === null || button === null) return
  list.showPopover()
  const at = button.getBoundingClientRect()
  const { width, height } = list.getBoundingClientRect()
  const hasRoomBelow = at.bottom + height + 8 < innerHeight
  list.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`
  list.style.top = `${Math.max(8, hasRoomBelow ? at.bottom + 4 : at.top - height - 4)}px`
  list.querySelector<HTMLElement>(choosable)?.focus()
}

function moveBy(event: KeyboardEvent, list: HTMLElement | null): void {
  const items = [...(list?.querySelectorAll<HTMLElement>(choosable) ?? [])]
  const at = items.indexOf(document.activeElement as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  items[(to + items.length) % items.length]?.focus()
}
