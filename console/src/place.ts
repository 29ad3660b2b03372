/**
 * The address of the page: what a person can bookmark, send and go back to. Links of this origin
 * change it without a new document; a form with input may ask before it is left.
 */
import { shared } from './lib/shared.ts'

export type Place = { readonly path: string; readonly query: URLSearchParams }

/** The address now. */
export const place = shared<Place>(readPlace())

/** Asks whether the page may be left; true leaves. */
type MayLeave = () => boolean
const guards = new Set<MayLeave>()

/** Goes to a path of this console, unless a form asks not to. */
export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  const next = new URL(to, location.origin)
  const isOtherPage = pathOf(next) !== place.value.path
  if (isOtherPage && !mayLeave()) return
  if (how === 'push') history.pushState(null, '', next)
  else history.replaceState(null, '', next)
  place.value = readPlace()
  if (isOtherPage) scrollTo(0, 0)
}

/** Changes members of the query and leaves the others; null removes one. */
export function setQuery(
  changes: Readonly<Record<string, string | null>>,
  how: 'push' | 'replace' = 'push',
): void {
  const query = new URLSearchParams(place.value.query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name)
    else query.set(name, value)
  }
  go(query.size === 0 ? place.value.path : `${place.value.path}?${query}`, how)
}

/** Holds the page while `mayLeave` returns false; returns how to let it go. */
export function guardLeaving(mayLeaveNow: MayLeave): () => void {
  guards.add(mayLeaveNow)
  return () => guards.delete(mayLeaveNow)
}

/** Follows links and the browser's buttons from now on. */
export function followAddress(): void {
  addEventListener('popstate', () => {
    const isOtherPage = pathOf(new URL(location.href)) !== place.value.path
    if (isOtherPage && !mayLeave()) return history.pushState(null, '', hrefOf(place.value))
    place.value = readPlace()
  })
  document.addEventListener('click', (event) => {
    const to = targetOf(event)
    if (to === null) return
    event.preventDefault()
    go(to)
  })
  addEventListener('beforeunload', (event) => {
    if ([...guards].some((guard) => !guard())) event.preventDefault()
  })
}

/** Returns a path of this console to come back to; anything else becomes the overview. */
export function safePath(wanted: string | null): string {
  if (wanted === null || !/^\/(?![/\\])/.test(wanted)) return '/'
  const url = URL.canParse(wanted, location.origin) ? new URL(wanted, location.origin) : null
  if (url === null || url.origin !== location.origin) return '/'
  // Dots are resolved by now: `/.//x` has become `//x`, which is an address elsewhere.
  return /^\/(?:\/|(?:signin|welcome|admin|assets)(?:\/|$))/.test(url.pathname)
    ? '/'
    : `${url.pathname}${url.search}`
}

/** Returns the sign-in page's address, which comes back to where the person is. */
export function signInPath(): string {
  // Whoever is there already keeps the place to come back to.
  if (place.value.path === '/signin') return hrefOf(place.value)
  const here = safePath(hrefOf(place.value))
  return here === '/' ? '/signin' : `/signin?then=${encodeURIComponent(here)}`
}

function mayLeave(): boolean {
  return [...guards].every((guard) => guard())
}

function readPlace(): Place {
  const url = new URL(location.href)
  return { path: pathOf(url), query: url.searchParams }
}

function pathOf(url: URL): string {
  return url.pathname.replace(/\/+$/, '') || '/'
}

function hrefOf({ path, query }: Place): string {
  return query.size === 0 ? path : `${path}?${query}`
}

/** The path that a click leads to; null where the browser does what it does. */
function targetOf(event: MouseEvent): string | null {
  const isPlain =
    event.button === 0 && !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
  if (!isPlain || event.defaultPrevented || !(event.target instanceof Element)) return null
  const link = event.target.closest('a')
  if (link === null || link.origin !== location.origin) return null
  if (link.target !== '' || link.hasAttribute('download') || link.rel === 'external') return null
  if (link.getAttribute('href')?.startsWith('#') === true) return null
  return `${link.pathname}${link.search}`
}
