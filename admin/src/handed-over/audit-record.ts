/** A record of the audit in the words of the compatible API (P15). */
import type { FoundRecord } from '../../../gatekeeper/src/operations/audit/read-records.ts'

type AuditRecord = FoundRecord['record']

/** What the record of the request says about an act with the same request id. */
export type Request = {
  readonly user: unknown
  readonly clientAddress: unknown
  readonly userAgent: unknown
}

/** Longer metadata, such as a thousand removed rules, would not fit into an answer. */
const metadataCharsMax = 8_192

/** The member of a record that names what it is about, by the first part of its event. */
const nameMembers: Readonly<Record<string, string>> = {
  client: 'client',
  data: 'user',
  key: 'key',
  provider_key: 'provider',
  request: 'service',
  signing: 'kid',
  split_key: 'splitKey',
  token: 'tokenId',
  user: 'user',
  vault: 'kid',
}

const shownElsewhere = new Set([
  'sequence',
  'at',
  'previous',
  'event',
  'clientAddress',
  'userAgent',
])

export function describeRecord(
  { chain, record }: Pick<FoundRecord, 'chain' | 'record'>,
  request: Request | null,
) {
  const { sequence, at, event, team } = record
  const by = record['by'] as { readonly user?: unknown } | undefined
  const [resourceType = ''] = String(event).split('.')
  const { clientAddress, userAgent } = request ?? record
  return {
    id: `${chain}-${sequence}`,
    timestamp: at,
    userId: textOf(request?.user) ?? actorOf(record) ?? textOf(by?.user),
    organizationId: textOf(team),
    action: String(event),
    resourceType,
    resourceId: textOf(record[nameMembers[resourceType] ?? '']) ?? onlyRule(record),
    metadata: metadataOf(record),
    ipAddress: textOf(clientAddress),
    userAgent: textOf(userAgent),
    success: isSuccess(record),
  }
}

/** Refused and failed requests, and acts that were announced and not done, are no success. */
export function isSuccess({ event, success, outcome, status }: AuditRecord): boolean {
  if (typeof success === 'boolean') return success
  if (event === 'request') return outcome === 'allow' && !(Number(status) >= 400)
  return event !== 'denials' && !/\.(?:unwritten|failed|refused|lost)$/.test(String(event))
}

/** In the record of a request the user is the caller; in an act it is whom the act is about. */
function actorOf({ event, user, principal }: AuditRecord): string | null {
  return (event === 'request' ? textOf(user) : null) ?? textOf(principal)
}

function onlyRule({ rules }: AuditRecord): string | null {
  return Array.isArray(rules) && rules.length === 1 ? textOf(rules[0]?.id) : null
}

function metadataOf(record: AuditRecord): object {
  const members = Object.entries(record).filter(([name]) => !shownElsewhere.has(name))
  const metadata = Object.fromEntries(members)
  return JSON.stringify(metadata).length > metadataCharsMax ? { isTooLong: true } : metadata
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
