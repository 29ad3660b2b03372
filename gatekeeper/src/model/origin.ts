/**
 * Returns whether a page of `origin` (RFC 6454) was itself served by `host`; Caddy serves HTTPS
 * only.
 */
export function isSameOrigin(origin: string, host: string): boolean {
  return origin === `https://${host.toLowerCase().replace(/:443$/, '')}`
}

/**
 * Returns whether the text is a web origin as browsers write it: scheme, host, and a port that is
 * not the default.
 */
export function isWebOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.includes('*')) return false
  const { origin } = new URL(text)
  // Extensions and desktop shells have their own schemes, for which URL returns the origin "null".
  return origin === text || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9.-]+$/.test(text)
}
