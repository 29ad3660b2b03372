import { connectionNames } from '../lib/fields.ts'

/**
 * Which fields of an upstream's answer its client sees: none that speak for the gatekeeper, that
 * tell where and what the upstream is, or that act on the browser for the whole origin.
 */
const removed = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'upgrade'],
  ...['transfer-encoding', 'alt-svc', 'strict-transport-security', 'www-authenticate'],
  ...['server', 'x-powered-by', 'via', 'location', 'set-cookie', 'clear-site-data', 'date'],
])
const removedFamilies = [
  'x-gatekeeper',
  'x_gatekeeper',
  'x.gatekeeper',
  'access-control-',
  'x-litellm-',
  'llm_provider-',
  'x-forwarded-',
]

/** Filters the answer's fields; `Trailer` stays, since it announces what follows the content. */
export function clientFields(
  answer: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const named = connectionNames(answer['connection'])
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined || removed.has(name) || named.has(name)) continue
    if (removedFamilies.some((family) => name.startsWith(family))) continue
    kept[name] = value
  }
  return kept
}
