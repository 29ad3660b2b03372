import type { AuditRecord } from '../../gatekeeper/src/audit/chain.ts'
import type { FoundRecord } from '../../gatekeeper/src/operations/audit/read-records.ts'
import type { KeyTags } from '../../gatekeeper/src/operations/keys/key-tags.ts'
import type { Output } from '../frame/program.ts'

/** The lines of records: as they are stored for programs. */
export function toLines(
  found: readonly FoundRecord[],
  { isJson }: Output,
  tags: KeyTags['byPrincipal'],
): string[] {
  return found.map(({ record, line }) => (isJson ? line : showRecord(record, tags)))
}

/** One line for people. Names that others chose must not move the cursor of the terminal. */
export function showRecord(record: AuditRecord, tags: KeyTags['byPrincipal']): string {
  const { at, event, principal, key } = record
  const words = event === 'request' ? showRequest(record) : showEvent(record)
  const shownTags = showTags(String(principal ?? `key:${key}`), tags)
  return [at, ...words, ...shownTags].join('  ').replace(/[\p{Cc}\p{Cf}]/gu, '?')
}

/** The tags of a principal as `[env=prod, owner=ada]`; nothing if it has none. */
export function showTags(principal: string, tags: KeyTags['byPrincipal']): string[] {
  const found = tags.get(principal)
  return found === undefined ? [] : [`[${found.join(', ')}]`]
}

function showRequest(record: AuditRecord): string[] {
  const { method, path, status, reason, principal, user, clientAddress, durationMs } = record
  const isNamed = principal !== undefined && principal !== 'anonymous'
  return [
    String(record['outcome']).padEnd(5),
    String(status ?? '-'),
    ...(method === undefined ? [] : [`${method} ${path}`]),
    ...(clientAddress === undefined ? [] : [String(clientAddress)]),
    isNamed ? `${principal} (${user})` : 'anonymous',
    ...(reason === undefined ? [] : [String(reason)]),
    ...(record['model'] === undefined ? [] : [String(record['model'])]),
    `${durationMs} ms`,
  ]
}

const ours = new Set(['sequence', 'at', 'previous', 'event', 'by'])

function showEvent(record: AuditRecord): string[] {
  const { event, by } = record
  const members = Object.entries(record).filter(([name]) => !ours.has(name))
  const { user, uid, host } = (by ?? {}) as Readonly<Record<string, unknown>>
  return [
    String(event),
    ...members.map(([name, value]) => `${name}=${showValue(value)}`),
    ...(by === undefined ? [] : [`by ${user ?? 'uid'} (${uid}) on ${host}`]),
  ]
}

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
