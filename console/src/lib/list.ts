import { useCallback, useRef } from 'preact/hooks'
import { withQuery } from '../api.ts'
import type { ApiFailure } from '../api-failure.ts'
import { place, setQuery } from '../place.ts'
import { useResource } from './resource.ts'
import { useShared } from './shared.ts'

/** A page of a list, as the API answers it. */
export type ListPage<T> = {
  readonly items: readonly T[]
  readonly next: string | null
  readonly total: number
  readonly counts?: Readonly<Record<string, number>>
}

/** A list that is paged by cursor. Its place, order and filters are in the address. */
export type List<T> = {
  /** Null until the first page is there. */
  readonly page: ListPage<T> | null
  readonly failure: ApiFailure | null
  readonly isSlow: boolean
  readonly reload: () => void
  readonly q: string
  /** A member, with `-` before it for descending. */
  readonly sort: string | null
  readonly isFirstPage: boolean
  readonly filter: (name: string) => string | null
  /** Each of these goes back to the first page. */
  readonly setFilter: (name: string, value: string | null) => void
  readonly setSort: (sort: string) => void
  readonly setSearch: (q: string) => void
  readonly goNext: () => void
  readonly goFirst: () => void
}

export type ListOptions = {
  /** Members of the address that are filters of the list. */
  readonly filters?: readonly string[]
  readonly sort?: string
  readonly limit?: number
  /** Further members of the query that are not in the address. */
  readonly fixed?: Readonly<Record<string, string>>
}

/** Reads the list at a path as the address says. */
export function useList<T>(path: string, options: ListOptions = {}): List<T> {
  const query = useOwnQuery()
  const sort = query.get('sort') ?? options.sort ?? null
  const wanted: Record<string, string | number | null> = {
    ...options.fixed,
    q: query.get('q'),
    sort,
    cursor: query.get('cursor'),
    limit: options.limit ?? null,
  }
  for (const name of options.filters ?? []) wanted[name] = query.get(name)
  const { value, failure, isSlow, reload } = useResource<ListPage<T>>(withQuery(path, wanted), true)
  return {
    page: value,
    failure,
    isSlow,
    reload,
    sort,
    q: query.get('q') ?? '',
    isFirstPage: !query.has('cursor'),
    filter: useCallback((name) => place.value.query.get(name), []),
    setFilter: useCallback((name, to) => setQuery({ [name]: to, cursor: null }), []),
    setSort: useCallback((to) => setQuery({ sort: to, cursor: null }), []),
    setSearch: useCallback((q) => setQuery({ q, cursor: null }, 'replace'), []),
    goNext: () => setQuery({ cursor: value?.next ?? null }),
    goFirst: () => setQuery({ cursor: null }),
  }
}

/** The query while the address is this page's: a page that is being left asks nothing new. */
function useOwnQuery(): URLSearchParams {
  const { path, query } = useShared(place)
  const own = useRef({ path, query })
  if (own.current.path === path) own.current = { path, query }
  return own.current.query
}
