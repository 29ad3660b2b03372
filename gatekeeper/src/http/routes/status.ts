import type { Standing } from '../../model/limit.ts'
import type { Principal } from '../../model/principal.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints } from '../serve/own.ts'

/** `GET /status` shows a caller who it is and how its limits stand. */
export function statusEndpoints(
  standingsOf: (principal: Principal) => readonly Standing[],
): OwnEndpoints {
  return {
    '/status': ({ admission: { principal } }) =>
      jsonAnswer(200, describeCaller(principal, standingsOf(principal))),
  }
}

/** Returns who the caller is, and how its limits stand. */
export function describeCaller(principal: Principal, standings: readonly Standing[]) {
  return {
    id: principal.id.replace(/^key:/, ''),
    user: principal.user,
    role: principal.role,
    services: principal.services,
    models: principal.models,
    expiresAt: instant(principal.expiresAt),
    limits: standings.filter(({ scope }) => scope !== 'reads').map(describeStanding),
    reads: standings.filter(({ scope }) => scope === 'reads').map(describeStanding)[0] ?? null,
  }
}

/** Describes a limit with what is left of it; a cap has nothing that could be used up. */
function describeStanding(standing: Standing) {
  const { scope, subject, text, unit, amount, used, remaining, resetAt } = standing
  const isCap = unit === 'prompt-bytes' || unit === 'output-tokens' || unit === 'stream-seconds'
  const service = scope === 'service' ? { service: subject.slice('service:'.length) } : {}
  const limit = { limit: text, scope, ...service, unit, amount }
  return isCap ? limit : { ...limit, used, remaining, resetAt: instant(resetAt) }
}

function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
