import { ChatError } from './chat-error.ts'

let configured: string | null = null

/** Sets the address of the gateway for `chat()` and the other functions: `https://ai.example.com`. */
export function configure({ gateway }: { gateway: string }): void {
  configured = gateway
}

/**
 * Returns the gateway's origin: the given one, else the configured one, else where this module came
 * from if a gateway served it, else `<meta name="gatekeeper" content="https://…">`. Throws a
 * ChatError `no_gateway` without any of them.
 */
export function gatewayOf(given?: string | null): string {
  const found = given ?? configured ?? servedFrom(import.meta.url) ?? fromPage()
  if (found) return found.replace(/\/$/, '')
  throw new ChatError(
    'no_gateway',
    'Name the gateway: <meta name="gatekeeper" content="https://YOUR-GATEWAY">',
  )
}

/** A gateway serves this file as `/widget/client.js` or `/widget/VERSION/client.js`. */
const servedFrom = (url: string) =>
  /^(https?:\/\/[^/]+)\/widget\/([^/]+\/)?(client|widget)\.js/.exec(url)?.[1]

const fromPage = () =>
  globalThis.document?.querySelector<HTMLMetaElement>('meta[name=gatekeeper]')?.content
