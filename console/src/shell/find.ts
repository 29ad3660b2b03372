import { get, withQuery } from '../api.ts'
import type { ListPage } from '../lib/list.ts'
import { hasPlace, placesOf } from '../places.ts'
import { session } from '../session.ts'

export type Found = { readonly title: string; readonly kind: string; readonly href: string }

const eachMax = 5

/** Returns pages, keys, people and a request that fit; what cannot be read is left out. */
export async function find(text: string): Promise<readonly Found[]> {
  const role = session.value?.person.role ?? 'member'
  const has = (path: string) => hasPlace(role, path)
  const lists = await Promise.all([
    has('/keys') ? findKeys(text) : [],
    has('/people') ? findPeople(text) : [],
  ])
  return [
    ...(has('/audit') && isRequestId(text)
      ? [
          {
            title: text,
            kind: 'request',
            href: withQuery('/audit', { chain: 'requests', request: text }),
          },
        ]
      : []),
    ...placesOf(role)
      .filter(({ title }) => title.toLowerCase().includes(text.toLowerCase()))
      .map(({ title, path }) => ({ title, kind: 'page', href: path })),
    ...lists.flat(),
  ]
}

/** Ids of requests are long, and have a digit. */
function isRequestId(text: string): boolean {
  return /^(?=.*\d)[0-9A-Za-z-]{12,64}$/.test(text)
}

type KeyFound = { readonly id: string; readonly user: string; readonly description?: string | null }

async function findKeys(q: string): Promise<readonly Found[]> {
  const { items } = await list<KeyFound>('/keys', q)
  return items.map(({ id, user, description }) => ({
    title: description === null || description === undefined ? user : `${user}, ${description}`,
    kind: `key gk_${id.slice(0, 4)}…`,
    href: withQuery('/keys', { q: id }),
  }))
}

type PersonFound = { readonly id: string; readonly name: string; readonly title: string | null }

async function findPeople(q: string): Promise<readonly Found[]> {
  const { items } = await list<PersonFound>('/people', q)
  return items.map(({ name, title }) => ({
    title: title === null ? name : `${name}, ${title}`,
    kind: 'person',
    href: withQuery('/people', { q: name }),
  }))
}

async function list<T>(path: string, q: string): Promise<Pick<ListPage<T>, 'items'>> {
  return await get<ListPage<T>>(withQuery(path, { q, limit: eachMax })).catch(() => ({ items: [] }))
}
