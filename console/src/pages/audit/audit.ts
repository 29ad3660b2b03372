import { withQuery } from '../../api.ts'
import { formatCount } from '../../lib/format.ts'

/** A record as the API answers it. */
export type AuditRecord = {
  readonly id: string
  readonly at: string
  readonly event: string
  readonly actor: string | null
  readonly about: string | null
  readonly success: boolean
  readonly requestId: string | null
  readonly details: Readonly<Record<string, unknown>>
}

export type AuditPage = {
  readonly items: readonly AuditRecord[]
  readonly next: string | null
  readonly lookedBackTo: string | null
}

export type Verification = {
  readonly isIntact: boolean | null
  readonly verifiedAt: string | null
  readonly isRunning: boolean
  readonly chains: readonly {
    readonly name: string
    readonly records: number
    readonly head: { readonly sequence: number; readonly hash: string }
    readonly problem: string | null
    readonly notes: readonly string[]
  }[]
}

/** Members of the address that narrow the records. */
export const filterNames = [
  ...['chain', 'success', 'event', 'user', 'key', 'service', 'reason', 'address', 'q'],
  ...['request', 'since', 'until'],
] as const

/** Returns the filters that the address has. */
export function readFilters(query: URLSearchParams): Readonly<Record<string, string>> {
  const found = filterNames.flatMap((name) => {
    const value = query.get(name)
    return value === null || value === '' ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}

export function auditPath(
  filters: Readonly<Record<string, string>>,
  cursor: string | null,
): string {
  return withQuery('/audit', { ...filters, cursor, limit: 50 })
}

/** The command that finds the same, as far as it can. */
export function commandFor(filters: Readonly<Record<string, string>>): string {
  const options = ['event', 'user', 'key', 'service', 'reason', 'address', 'since', 'until']
  const words = options.flatMap((name) => {
    const value = filters[name]
    return value === undefined ? [] : [`--${name} ${quote(value)}`]
  })
  if (filters['chain'] === 'requests' && filters['event'] === undefined) {
    words.unshift('--event request')
  }
  if (filters['success'] === 'false') words.push('--outcome deny')
  const line = ['npm run audit -- query', ...words].join(' ')
  return filters['request'] === undefined
    ? line
    : `npm run --silent audit -- query --since 30d --json | grep ${quote(filters['request'])}`
}

function quote(text: string): string {
  return /^[\w.:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** What happened, in a few words: `POST /chat` for a request, `kitchen` for an act about a key. */
export function sayWhat({ event, about, details }: AuditRecord): string {
  if (event === 'request') return `${text(details['method'])} ${text(details['path'])}`.trim()
  const words = [about ?? '', text(details['user']), text(details['description'])]
  return [...new Set(words.filter((word) => word !== ''))].join(', ')
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** `key.added` as `Key added`. */
export function sayEvent(event: string): string {
  const words = event.replaceAll('.', ' ').replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Who it was: `person:ID` by the name where it is known. */
export function sayActor(actor: string | null, names: ReadonlyMap<string, string>): string {
  if (actor === null) return 'nobody known'
  return names.get(actor) ?? actor
}

/** How a chain stands, in one sentence. */
export function sayChain({ name, records, head, problem }: Verification['chains'][number]): string {
  if (problem !== null) return `${name}: ${problem}`
  const count = `${formatCount(records)} ${records === 1 ? 'record' : 'records'}`
  return `${name}: ${count}, verified up to record ${formatCount(head.sequence)}, head ${head.hash}…`
}
