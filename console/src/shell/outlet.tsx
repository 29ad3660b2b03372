import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { later } from '../lib/later.tsx'
import { matchPath } from '../lib/match-path.ts'
import { useShared } from '../lib/shared.ts'
import { type PageProps, type PageRoute, pages } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { place } from '../place.ts'
import { hasPlace } from '../places.ts'
import { session } from '../session.ts'

const NotFound = later(async () => (await import('./not-found.tsx')).NotFound)

export type Route = { readonly page: PageRoute; readonly params: Readonly<Record<string, string>> }

/** Returns the page at a path; null where there is none. */
export function routeAt(path: string): Route | null {
  for (const page of pages) {
    const params = matchPath(page.path, path)
    if (params !== null) return { page, params }
  }
  return null
}

type Shown = Route & { readonly Page: ComponentType<PageProps> }

/** The page of the address. The one before stays until the next one's code is there. */
export function Outlet() {
  const { path } = useShared(place)
  const [shown, setShown] = useState<Shown | null>(null)
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    const route = routeAt(path)
    if (route === null) return
    let isGone = false
    setBroken(false)
    route.page.load().then(
      (Page) => isGone || setShown({ ...route, Page }),
      () => isGone || setBroken(true),
    )
    return () => {
      isGone = true
    }
  }, [path])
  useTitleFocus(shown)
  if (routeAt(path) === null || !isAllowed(path)) return <NotFound />
  if (isBroken) return <Outdated />
  return shown === null ? null : <shown.Page key={shown.page.path} params={shown.params} />
}

/** Another page begins at its title, for the keyboard and for readers of the screen. */
function useTitleFocus(shown: Shown | null): void {
  const before = useRef(shown)
  useEffect(() => {
    // At the first page the browser has begun at the top by itself.
    if (before.current !== null && before.current !== shown) {
      document.querySelector<HTMLElement>('#main h1')?.focus({ preventScroll: true })
    }
    before.current = shown
  }, [shown])
}

/** A member has no page of what is not theirs, and is not told that there is one. */
function isAllowed(path: string): boolean {
  const role = session.value?.person.role
  if (role === undefined || routeAt(path)?.page.isOpen === true) return true
  const first = `/${path.split('/')[1] ?? ''}`
  return hasPlace(role, first)
}

function Outdated() {
  return (
    <Notice
      tone="warn"
      word="Not loaded"
      go={
        <Button isSmall onClick={() => location.reload()}>
          Load again
        </Button>
      }
    >
      This page could not be loaded. Gatekeeper does not answer, or has a newer console.
    </Notice>
  )
}
