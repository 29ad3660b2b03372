import { ChatError } from './chat-error.ts'

let configured: string | null = null

/** Sets the address of the gateway for `chat()` and the other functions: `https://ai.example.com`. */
export function configure({ gateway }: { gateway: string }): void {
  configured = gateway
}

/**
 * Returns the origin of the gateway: as configured, else where this module came from if a gateway
 * served it, else `<meta name="gatekeeper" content="https://…">`. Throws a ChatError `no_gateway`.
 */
export function gatewayOf(own: string | null | undefined): string {
  const found = own ?? configured ?? servedFrom(import.meta.url) ?? fromPage()
  if (found) return found.replace(/\/+$/, '')
  throw new ChatError(
    'no_gateway',
    'No gateway is known. Add <meta name="gatekeeper" content="https://your-gateway"> to the page.',
  )
}

/** A gateway serves this file as `/widget/client.js` or `/widget/VERSION/client.js`. */
function servedFrom(url: string): string | null {
  const [, origin] = /^(https?:\/\/[^/]+)\/widget\/(?:[^/]+\/)?\w+\.js/.exec(url) ?? []
  return origin ?? null
}

const fromPage = () =>
  globalThis.document?.querySelector<HTMLMetaElement>('meta[name=gatekeeper]')?.content
