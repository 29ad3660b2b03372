/** Whether a page of `origin` (RFC 6454) was itself served by `host`; Caddy serves HTTPS only. */
export function isSameOrigin(origin: string, host: string): boolean {
  return origin === `https://${host.toLowerCase().replace(/:443$/, '')}`
}

/** Whether the text is a web origin as browsers write it: scheme, host, port if not the usual. */
export function isWebOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.includes('*')) return false
  const { origin } = new URL(text)
  // Extensions and desktop shells have origins of their own schemes, which URL calls "null".
  return origin === text || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9.-]+$/.test(text)
}
