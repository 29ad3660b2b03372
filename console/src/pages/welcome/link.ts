/** The one-time link that the page was opened with. */
import { call } from '../../api.ts'
import { ApiFailure, problemOf } from '../../api-failure.ts'

export type Link = {
  readonly kind: 'setup' | 'invite' | 'reset'
  readonly name: string
  readonly ticket: string
  readonly expiresAt: string
}

const storageName = 'gatekeeper.link'

/** Returns the link that this tab opened before: reloading the page must not lose it. */
export function readLink(): Link | null {
  const text = sessionStorage.getItem(storageName)
  // A new code takes the place of an old one.
  if (text === null || location.hash.length > 1) return null
  const link = JSON.parse(text) as Link
  return Date.parse(link.expiresAt) > Date.now() ? link : null
}

/** Uses the code of the address, which is then gone from it. Throws an ApiFailure. */
export async function openLink(): Promise<Link> {
  const code = location.hash.slice(1)
  history.replaceState(null, '', '/welcome')
  if (!/^[\w-]{43}$/.test(code)) throw notALink()
  const link = await call<Link>('POST', '/signin/invitation', { body: { code } })
  sessionStorage.setItem(storageName, JSON.stringify(link))
  return link
}

/** Forgets the link after its use. */
export function dropLink(): void {
  sessionStorage.removeItem(storageName)
}

function notALink(): ApiFailure {
  const detail = 'This address has no code. Open the whole link as it was printed.'
  return new ApiFailure({ ...problemOf(0, null), reason: 'link', detail })
}
