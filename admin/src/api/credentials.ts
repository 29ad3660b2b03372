/** Reads what a call of the admin API shows: both halves of a session, or a token of class admin. */
import type { IncomingMessage } from 'node:http'
import type { Halves } from '../store/sessions.ts'
import { ApiError } from './api-error.ts'
import { onlyValue } from './edge.ts'

/** The cookie of a session, which is half of it. */
export const sessionCookie = '__Host-gk_session'

/** What a call shows. `none` is anything that is not a whole session. */
export type Shown =
  | { readonly kind: 'none' }
  | { readonly kind: 'session'; readonly halves: Halves }
  | { readonly kind: 'token'; readonly token: string }

/**
 * Returns what the call shows. Throws an ApiError if it shows a token beside a cookie, because a
 * cookie is sent unasked and each call has one credential.
 */
export function readShown(request: IncomingMessage): Shown {
  const cookies = readSessionCookies(request)
  if (request.headersDistinct['authorization'] === undefined) return toSession(request, cookies)
  if (cookies.length > 0) throw new ApiError('invalid', 'Send a token or a session, not both.')
  const field = onlyValue(request, 'authorization') ?? ''
  const token = /^bearer +([!-~]+)$/i.exec(field)?.[1]
  return token === undefined ? { kind: 'none' } : { kind: 'token', token }
}

/** Any port of the same host can set a second cookie of our name: two are no session. */
function toSession(request: IncomingMessage, cookies: readonly string[]): Shown {
  const half = onlyValue(request, 'x-gatekeeper-session')
  const [cookie] = cookies
  if (cookies.length !== 1 || cookie === undefined || half === null) return { kind: 'none' }
  return { kind: 'session', halves: { cookie, half } }
}

/** Returns the values of all cookies with the session's name. */
function readSessionCookies({ headersDistinct }: IncomingMessage): string[] {
  return (headersDistinct['cookie'] ?? [])
    .flatMap((field) => field.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.split('=', 1)[0]?.trim().toLowerCase() === sessionCookie.toLowerCase())
    .map((pair) => pair.slice(pair.indexOf('=') + 1))
}
