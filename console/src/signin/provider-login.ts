/**
 * Sign-ins at a provider. The page draws a secret, and only its hash goes along: so the ticket that
 * comes back is worth something in this page alone.
 */
import { call } from '../api.ts'

const storageName = 'gatekeeper.login'
const channelName = 'gatekeeper-proof'

/** What the page remembers while the browser is at the provider. */
export type PendingLogin = {
  readonly secret: string
  /** Where to go afterwards. */
  readonly next: string
  /** The ticket of a one-time link that this sign-in claims. */
  readonly invitation: string | null
}

export type Draw = { readonly secret: string; readonly bind: string }

/** Returns a new secret of 32 bytes and its SHA-256, both in base64url. */
export async function drawSecret(): Promise<Draw> {
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))
  return { secret, bind: toBase64Url(new Uint8Array(digest)) }
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** Leaves for the provider. */
export async function leaveFor(
  provider: string,
  { next, invitation }: Omit<PendingLogin, 'secret'>,
): Promise<void> {
  const { secret, bind } = await drawSecret()
  sessionStorage.setItem(storageName, JSON.stringify({ secret, next, invitation }))
  location.assign(startPath(provider, bind, false))
}

/** The address that begins a sign-in; a fresh one asks the provider to sign the person in again. */
export function startPath(provider: string, bind: string, isFresh: boolean): string {
  return `/signin/start/${encodeURIComponent(provider)}?bind=${bind}${isFresh ? '&fresh=1' : ''}`
}

/** Returns what was remembered, once. */
export function takePending(): PendingLogin | null {
  const text = sessionStorage.getItem(storageName)
  sessionStorage.removeItem(storageName)
  return text === null ? null : (JSON.parse(text) as PendingLogin)
}

/** Changes a ticket for a session; returns its second half. */
export async function redeemTicket(ticket: string, pending: PendingLogin): Promise<string> {
  const { secret, invitation } = pending
  const body = { ticket, secret, ...(invitation !== null && { invitation }) }
  const { session } = await call<{ session: string }>('POST', '/signin/ticket', { body })
  return session
}

/** Hands the ticket of a fresh sign-in to the page that opened this window. */
export function handOver(ticket: string): void {
  const channel = new BroadcastChannel(channelName)
  channel.postMessage(ticket)
  channel.close()
}

/** Resolves with the ticket of the window that was opened for a fresh sign-in. */
export function awaitTicket(signal: AbortSignal): Promise<string> {
  const channel = new BroadcastChannel(channelName)
  return new Promise((resolve, reject) => {
    channel.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') resolve(data)
      channel.close()
    })
    signal.addEventListener('abort', () => {
      channel.close()
      reject(signal.reason)
    })
  })
}
