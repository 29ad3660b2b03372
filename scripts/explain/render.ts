import type { Explanation } from '../../gatekeeper/src/model/explanation.ts'
import { formatTable } from '../frame/table.ts'

/** The explanation for people. */
export function render(
  explanation: Explanation,
  { places, isLive }: { readonly places: readonly string[]; readonly isLive: boolean },
): string[] {
  const { request, checks, limits, isCounted } = explanation
  return [
    ...formatTable([
      ['request', `${request.method} ${request.path}`],
      ['goes to', describeService(request)],
      ['asked by', describeCaller(explanation.caller)],
      ['as of', isLive ? 'the gatekeeper that runs' : 'the files as they are now'],
    ]),
    '',
    'checks',
    ...formatTable(checks.map(describeCheck)),
    ...(limits.length === 0 ? [] : ['', 'limits', ...formatTable(limits.map(limitRow(isCounted)))]),
    '',
    ...describeVerdict(explanation),
    ...places.map((place) => `  written in ${place}`),
  ]
}

function describeService({
  service,
  point,
  route,
  endpoint,
  class: needed,
}: Explanation['request']) {
  if (service === null) return 'no service: no route has this path'
  const row = endpoint === null ? 'no endpoint of its table' : `${endpoint}, which needs ${needed}`
  return `${service} by the ${point} (route ${route}); ${row}`
}

function describeCaller(caller: Explanation['caller']): string {
  if (caller === null) return 'nobody who is known'
  const { id, user, role, services, models, madeBy } = caller
  const may = services.length === 0 ? 'no services' : services.join(', ')
  const restricted = models.length === 0 ? '' : `; models ${models.join(', ')}`
  const bound = madeBy === null ? '' : `; made by ${madeBy.name} (${madeBy.id})`
  return `${id} of ${user}, ${role}; ${may}${restricted}${bound}`
}

function describeCheck({ check, reason, principal }: Explanation['checks'][number]): string[] {
  const answer = reason === null ? 'yes' : reason === 'not-asked' ? '-' : `NO  ${reason}`
  return [`  ${check}`, answer, reason === null || reason === 'not-asked' ? '' : (principal ?? '')]
}

const limitRow =
  (isCounted: boolean) =>
  ({ scope, text, used, remaining, unit }: Explanation['limits'][number]): string[] => {
    const isCap = ['prompt-bytes', 'output-tokens', 'stream-seconds'].includes(unit)
    const standing = isCounted && !isCap ? `${used} used, ${remaining} left` : ''
    return [`  ${text}`, scope, standing]
  }

function describeVerdict({ verdict, isCounted, limits }: Explanation): string[] {
  const { isAllowed, check, reason, status, text, limit } = verdict
  if (isAllowed) {
    const caveat = !isCounted && limits.length > 0
    return [`ALLOWED${caveat ? ', as far as its limits have something left (--live knows)' : ''}`]
  }
  const by = limit === null ? `the check ${check}` : `the limit ${limit}`
  return [`REFUSED with ${status} by ${by}: ${reason}`, `  the caller reads: ${text}`]
}
