import { useEffect, useRef, useState } from 'preact/hooks'

export type SearchProps = {
  /** What is searched: "Search keys". */
  readonly label: string
  readonly value: string
  /** Called when typing pauses. */
  readonly onSearch: (text: string) => void
}

const pauseMs = 250

/** The search of a page's own list; `/` leads here. */
export function Search({ label, value, onSearch }: SearchProps) {
  const [text, setText] = useState(value)
  const sent = useRef(value)
  useEffect(() => {
    // The address changed by itself: back, or a link.
    if (value !== sent.current) setText(value)
    sent.current = value
  }, [value])
  useEffect(() => {
    if (text === sent.current) return
    const timer = setTimeout(() => {
      sent.current = text
      onSearch(text)
    }, pauseMs)
    return () => clearTimeout(timer)
  }, [text, onSearch])
  return (
    <>
      <input
        type="search"
        data-search
        aria-label={label}
        placeholder={label}
        value={text}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <i class="key" aria-hidden="true">
        /
      </i>
    </>
  )
}
