import { useEffect, useState } from 'preact/hooks'
import { go } from '../place.ts'
import { type Found, find } from './find.ts'

type Props = {
  readonly id: string
  readonly text: string
  readonly input: { readonly current: HTMLInputElement | null }
  readonly onDone: () => void
}

const pauseMs = 150

/** What is found. The focus stays in the input, whose arrows and Enter choose. */
export function FoundList({ id, text, input, onDone }: Props) {
  const found = useFound(text)
  const [chosen, setChosen] = useState(0)
  const open = (one: Found | undefined) => {
    if (one === undefined) return
    onDone()
    go(one.href)
  }
  useEffect(() => setChosen(0), [found])
  useEffect(() => {
    const element = input.current
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onDone()
      if (event.key === 'Enter') open(found?.[chosen])
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step === undefined || found === null || found.length === 0) return
      event.preventDefault()
      setChosen((chosen + step + found.length) % found.length)
    }
    element?.addEventListener('keydown', onKeyDown)
    describe(element, found !== null && found.length > 0 ? `${id}-${chosen}` : null)
    return () => {
      element?.removeEventListener('keydown', onKeyDown)
      describe(element, null)
    }
  })
  if (found === null) return null
  if (found.length === 0) return <p class="hint">Nothing found.</p>
  return (
    <>
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
    </>
  )
}

function describe(input: HTMLInputElement | null, active: string | null): void {
  input?.setAttribute('aria-expanded', String(active !== null))
  if (active === null) input?.removeAttribute('aria-activedescendant')
  else input?.setAttribute('aria-activedescendant', active)
}

/** Null until the first answer; the answer to an older text is dropped. */
function useFound(text: string): readonly Found[] | null {
  const [found, setFound] = useState<readonly Found[] | null>(null)
  useEffect(() => {
    let isGone = false
    const timer = setTimeout(async () => {
      const all = await find(text)
      if (!isGone) setFound(all)
    }, pauseMs)
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [text])
  return found
}
