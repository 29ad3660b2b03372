import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useShared } from '../lib/shared.ts'
import { arrivals } from '../place.ts'
import { GlobalSearch } from '../shell/global-search.tsx'
import { Command } from './command.tsx'
import { Search, type SearchProps } from './search.tsx'

export type PageFrameProps = {
  readonly title: string
  /** Beside the title: a tag. */
  readonly beside?: ComponentChildren
  /** Buttons; the main act of the page. */
  readonly acts?: ComponentChildren
  /** Searches the page's own list; without it the search finds keys, people and pages. */
  readonly search?: SearchProps
  /** The command that does the same. */
  readonly command?: string
  readonly children: ComponentChildren
}

let focused = 0

/** A page: its title, which takes the focus when a person comes here, its acts and its command. */
export function Page({ title, beside, acts, search, command, children }: PageFrameProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const arrival = useShared(arrivals)
  useEffect(() => {
    document.title = `${title} · Gatekeeper`
  }, [title])
  useEffect(() => {
    // Not at the first page: the browser has begun at the top by itself.
    if (arrival !== focused) heading.current?.focus({ preventScroll: true })
    focused = arrival
  }, [arrival])
  return (
    <>
      <div class="top">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
        <div class="grow" />
        {acts}
        {search === undefined ? <GlobalSearch /> : <Search {...search} />}
      </div>
      {children}
      {command !== undefined && <Command line={command} />}
    </>
  )
}
