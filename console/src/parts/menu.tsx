import { useId, useRef, useState } from 'preact/hooks'
import { later } from '../lib/later.tsx'
import type { MenuItem } from './menu-item.ts'

const MenuList = later(async () => (await import('./menu-list.tsx')).MenuList)

/** Acts behind one button. Arrows move, Escape closes and gives the focus back. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button
        ref={button}
        type="button"
        class="btn quiet s more"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">⋯</span>
      </button>
      {isOpen && (
        <MenuList
          id={id}
          label={label}
          items={items}
          button={button}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}
