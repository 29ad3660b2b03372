import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { go } from '../place.ts'
import type { Found } from './find.ts'

const pauseMs = 150

/** Finds keys, people, requests and pages from everywhere; `/` leads here. */
export function GlobalSearch() {
  const id = useId()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const { found, isOpen, setOpen } = useFound(text)
  const open = (one: Found | undefined) => {
    if (one === undefined) return
    setOpen(false)
    setText('')
    go(one.href)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setOpen(false)
    if (event.key === 'Enter') open(found[chosen])
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || found.length === 0) return
    event.preventDefault()
    setChosen((chosen + step + found.length) % found.length)
  }
  return (
    <search class="search" onFocusOut={() => setOpen(false)}>
      <input
        type="search"
        data-search
        aria-label="Search keys, people, requests"
        {...comboboxOf({ id, isOpen, chosen: found.length > 0 ? chosen : null })}
        placeholder="Search keys, people, requests"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setChosen(0)
        }}
        onKeyDown={onKeyDown}
      />
      <i class="key" aria-hidden="true">
        /
      </i>
      <div id={id} role="listbox" aria-label="Found" class="found" hidden={!isOpen}>
        {found.map((one, index) => (
          <div
            role="option"
            id={`${id}-${index}`}
            key={`${one.kind} ${one.href}`}
            aria-selected={index === chosen}
            tabIndex={-1}
            // Before the focus leaves the input, which closes the list.
            onMouseDown={(event) => {
              event.preventDefault()
              open(one)
            }}
          >
            <span>{one.title}</span> <span class="hint">{one.kind}</span>
          </div>
        ))}
        {isOpen && found.length === 0 && <p class="hint">Nothing found.</p>}
      </div>
    </search>
  )
}

/** The types of Preact know the role only where a list of the browser is used. */
function comboboxOf(of: { id: string; isOpen: boolean; chosen: number | null }): object {
  return {
    role: 'combobox',
    'aria-expanded': of.isOpen,
    'aria-controls': of.id,
    'aria-autocomplete': 'list',
    'aria-activedescendant': of.isOpen && of.chosen !== null ? `${of.id}-${of.chosen}` : undefined,
  }
}

/** What is found; its code is fetched at the first use. */
function useFound(text: string) {
  const [found, setFound] = useState<readonly Found[]>([])
  const [isOpen, setOpen] = useState(false)
  const turn = useRef(0)
  useEffect(() => {
    turn.current += 1
    const mine = turn.current
    if (text.trim() === '') {
      setOpen(false)
      return
    }
    const timer = setTimeout(async () => {
      const { find } = await import('./find.ts')
      const all = await find(text.trim())
      if (turn.current !== mine) return
      setFound(all)
      setOpen(true)
    }, pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return { found, isOpen, setOpen }
}
