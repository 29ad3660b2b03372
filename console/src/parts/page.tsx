import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { later } from '../lib/later.tsx'
import { seesAll } from '../session.ts'
import { GlobalSearch } from '../shell/global-search.tsx'
import { Command } from './command.tsx'
import type { SearchProps } from './search.tsx'

const Search = later(async () => (await import('./search.tsx')).Search)

export type PageFrameProps = {
  readonly title: string
  /** Beside the title: a tag. */
  readonly beside?: ComponentChildren
  /** Buttons; the main act of the page. */
  readonly acts?: ComponentChildren
  /** Searches the page's own list; without it the search finds keys, people and pages. */
  readonly search?: SearchProps
  /** The command that does the same; members have no command line of this installation. */
  readonly command?: string
  readonly children: ComponentChildren
}

/** A page: its title, which takes the focus when a person comes from another page, and its acts. */
export function Page({ title, beside, acts, search, command, children }: PageFrameProps) {
  useEffect(() => {
    document.title = `${title} · Gatekeeper`
  }, [title])
  return (
    <>
      <div class="top">
        <h1 tabIndex={-1}>{title}</h1>
        {beside}
        <div class="grow" />
        {acts}
        {search === undefined ? (
          <GlobalSearch />
        ) : (
          <search class="search">
            <Search {...search} />
          </search>
        )}
      </div>
      {children}
      {command !== undefined && seesAll() && <Command line={command} />}
    </>
  )
}
