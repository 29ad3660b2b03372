/** The variables in which hosting platforms state the public name of a service, and its rest. */
const places = [
  // https://docs.railway.com/variables/reference
  { name: 'RAILWAY_PUBLIC_DOMAIN', rest: '' },
  // https://render.com/docs/environment-variables
  { name: 'RENDER_EXTERNAL_HOSTNAME', rest: '' },
  // https://fly.io/docs/machines/runtime-environment/
  { name: 'FLY_APP_NAME', rest: '.fly.dev' },
] as const

/**
 * Returns the public name that the hosting platform gave this service; null if it states none. A
 * custom domain is set as GATEKEEPER_SITE.
 */
export function findPublicName(env: Readonly<Record<string, string | undefined>>): string | null {
  const place = places.find(({ name }) => (env[name] ?? '') !== '')
  return place === undefined ? null : `${env[place.name]}${place.rest}`
}
