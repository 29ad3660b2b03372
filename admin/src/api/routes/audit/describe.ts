import type { FoundRecord } from '../../../../../gatekeeper/src/operations/audit/read-records.ts'
import { describeRecord, isSuccess } from '../../../handed-over/audit-record.ts'

/** A record in the words of the admin API. */
export function describeAudited({ chain, record }: Pick<FoundRecord, 'chain' | 'record'>) {
  const { at, event, requestId, team } = record
  const described = describeRecord({ chain, record }, null)
  return {
    id: described.id,
    at,
    event: String(event),
    actor: actorOf(record),
    about: described.resourceId,
    success: isSuccess(record),
    requestId: textOf(requestId),
    team: textOf(team),
    details: detailsOf(record),
  }
}

const shownElsewhere = new Set(['sequence', 'at', 'previous', 'event', 'requestId', 'team'])
/** Longer details, such as a thousand removed rules, are cut off member by member. */
const detailsCharsMax = 8_192

function detailsOf(record: FoundRecord['record']): Record<string, unknown> {
  const details: Record<string, unknown> = {}
  let chars = 0
  for (const [name, value] of Object.entries(record)) {
    if (shownElsewhere.has(name)) continue
    chars += JSON.stringify(value)?.length ?? 0
    details[name] = chars > detailsCharsMax ? 'too long to be shown' : value
  }
  return details
}

/** In the record of a request the user is the caller; in an act it is whom the act is about. */
function actorOf({ event, user, principal, by }: FoundRecord['record']): string | null {
  const system = (by as { readonly user?: unknown } | undefined)?.user
  const actor = event === 'request' ? (textOf(user) ?? textOf(principal)) : textOf(principal)
  return actor ?? textOf(system)
}

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
