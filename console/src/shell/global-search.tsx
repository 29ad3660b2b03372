import { useId, useRef, useState } from 'preact/hooks'
import { later } from '../lib/later.tsx'

const FoundList = later(async () => (await import('./found-list.tsx')).FoundList)

/** Finds keys, people, requests and pages from everywhere; `/` leads here. */
export function GlobalSearch() {
  const id = useId()
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  return (
    <search class="search" onFocusOut={() => setText('')}>
      <input
        {...combobox}
        ref={input}
        type="search"
        data-search
        aria-label="Search keys, people, requests"
        aria-controls={id}
        placeholder="Search keys, people, requests"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <i class="key" aria-hidden="true">
        /
      </i>
      <div id={id} role="listbox" aria-label="Found" class="found" hidden={text.trim() === ''}>
        {text.trim() !== '' && (
          <FoundList id={id} text={text.trim()} input={input} onDone={() => setText('')} />
        )}
      </div>
    </search>
  )
}

/** The types of Preact know the role only where a list of the browser is used. */
const combobox: object = {
  role: 'combobox',
  'aria-expanded': false,
  'aria-autocomplete': 'list',
}
