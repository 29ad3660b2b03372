import { connectionNames } from '../lib/net/fields.ts'
import { placeBelow, type Sent } from './place-below.ts'

/** The fields of an upstream's answer, as undici gives them. */
export type AnswerFields = Readonly<Record<string, string | string[] | undefined>>

/**
 * Decides which fields of an upstream's answer its client sees: none that speak for the gatekeeper,
 * reveal the upstream, or affect the whole origin in the browser.
 */
const removed = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'upgrade'],
  ...['transfer-encoding', 'alt-svc', 'strict-transport-security', 'www-authenticate'],
  ...[
    'server',
    'x-powered-by',
    'via',
    'location',
    'content-location',
    'set-cookie',
    'clear-site-data',
    'date',
  ],
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

/** Fields with an address, which is rewritten for clients or removed. */
const places = ['location', 'content-location']

/**
 * Filters the answer's fields; `Trailer` stays, because it announces fields after the content.
 * Without `sent` (in trailers) addresses are removed.
 */
export function clientFields(
  answer: AnswerFields,
  sent: Sent | null = null,
  isPassing: (name: string) => boolean = (name) => !isRemoved(name),
): Record<string, string | string[]> {
  const named = connectionNames(answer['connection'])
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined || !isPassing(name) || named.has(name)) continue
    kept[name] = name === 'trailer' ? announced(value) : value
  }
  for (const name of sent === null ? [] : places) {
    const said = answer[name]
    const placed = typeof said === 'string' && sent !== null ? placeBelow(said, sent) : null
    if (placed !== null) kept[name] = placed
  }
  return kept
}

/** Fields about the exact bytes, which are wrong after we change them. */
const ofBytes = ['content-length', 'etag', 'content-md5', 'digest', 'content-digest', 'repr-digest']

/** Returns the fields of an answer whose content is changed as it passes. */
export function changedFields<T>(answer: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !ofBytes.includes(name)))
}

function isRemoved(name: string): boolean {
  return removed.has(name) || removedFamilies.some((family) => name.startsWith(family))
}

/** Returns the names in a Trailer field without those that are not forwarded. */
function announced(value: string | string[]): string {
  const names = [value].flat().flatMap((text) => text.split(','))
  return names
    .map((name) => name.trim())
    .filter((name) => !isRemoved(name.toLowerCase()))
    .join(', ')
}
