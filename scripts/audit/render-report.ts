import type { AuditReport } from '../../gatekeeper/src/operations/audit/report/audit-report.ts'
import { burstMin } from '../../gatekeeper/src/operations/audit/report/bursts.ts'
import {
  type HourCount,
  refusedMin,
  requestsMin,
} from '../../gatekeeper/src/operations/audit/report/tally.ts'
import type { KeyTags } from '../../gatekeeper/src/operations/keys/key-tags.ts'
import { anomalyRules } from '../../gatekeeper/src/operations/usage/anomalies.ts'
import { formatTable } from '../frame/table.ts'
import { bar } from './bars.ts'
import { showTags } from './show-record.ts'

const { factor, days, requestsMin: requestsPerHourMin } = anomalyRules

/** The lines that people read. */
export function renderReport(report: AuditReport, tags: KeyTags['byPrincipal']): string[] {
  return [
    `Audit from ${report.since} to ${report.until}`,
    '',
    ...renderOverview(report),
    ...(report.suspicious === undefined ? [] : renderSuspicious(report.suspicious, tags)),
    ...(report.users === undefined ? [] : renderUsers(report.users)),
  ]
}

function renderOverview({
  requests,
  hours,
  reasons,
  services,
  refusedAddresses,
  ...rest
}: AuditReport) {
  const { allowed, refused, failed } = requests
  const all = allowed + refused + failed
  return [
    `${whole(all)} requests: ${whole(allowed)} allowed, ${whole(refused)} refused, ${whole(failed)} failed at the upstream`,
    ...(rest.lost > 0
      ? [`${whole(rest.lost)} records were LOST: the disk was full, or did not keep up`]
      : []),
    ...(rest.isSampled
      ? ['Allowed requests are recorded in part (audit.allowed): their number is higher.']
      : []),
    '',
    ...section('By hour (requests, and how many of them were refused)', renderHours(hours)),
    ...section('By service', chart(services)),
    ...section('Refused, by reason', chart(reasons)),
    ...section('Refused, by address', chart(refusedAddresses)),
    ...section(
      'Failed at the upstream or answered with 5xx, by service',
      chart(rest.upstreamErrors),
    ),
    ...section('Acts', chart(rest.acts)),
  ]
}

function renderHours(hours: readonly HourCount[]): string[] {
  const most = Math.max(0, ...hours.map(({ allowed, refused }) => allowed + refused))
  return formatTable(
    hours.map(({ hour, allowed, refused }) => [
      `  ${hour.slice(0, 16).replace('T', ' ')}`,
      whole(allowed + refused),
      whole(refused),
      bar(allowed + refused, most),
    ]),
    { right: [1, 2] },
  )
}

function renderSuspicious(
  {
    addresses,
    bursts,
    newAddresses,
    securityEvents,
    ...keys
  }: NonNullable<AuditReport['suspicious']>,
  tags: KeyTags['byPrincipal'],
) {
  const name = (who: string) => [who, ...showTags(who, tags)].join(' ')
  return [
    ...section(
      `Suspicious addresses (${refusedMin} refused or more, or ${requestsMin} requests or more)`,
      table(
        ['ADDRESS', 'REQUESTS', 'REFUSED', 'WHY'],
        addresses.map(({ address, requests, refused, why }) => [
          address,
          whole(requests),
          whole(refused),
          why.join(', '),
        ]),
        [1, 2],
      ),
    ),
    ...section(
      'Security events (refused paths, bodies above the cap, wrong split keys, lock-outs)',
      table(
        ['EVENT', 'ADDRESS', 'COUNT'],
        securityEvents.map(({ event, address, count }) => [event, address, whole(count)]),
        [2],
      ),
    ),
    ...section(
      `Bursts (${burstMin} requests or more of one caller or address in a minute)`,
      table(
        ['CALLER', 'BUSIEST MINUTE', 'REQUESTS', 'SUCH MINUTES'],
        bursts.map(({ who, minute, requests, minutes }) => [
          name(who),
          minute.slice(0, 16),
          whole(requests),
          whole(minutes),
        ]),
        [2, 3],
      ),
    ),
    ...section(
      'Callers with an address that is new to them',
      table(
        ['CALLER', 'ADDRESS', 'FIRST SEEN'],
        newAddresses.map(({ key, address, firstAt }) => [name(key), address, firstAt]),
        [],
      ),
    ),
    ...section(
      `Unusual hours of keys (above ${requestsPerHourMin} requests, and ${factor} times the mean of this hour over ${days} days)`,
      table(
        ['KEY', 'HOUR', 'REQUESTS', 'MEAN', 'COST', 'MEAN'],
        keys.unusualHours.map(({ key, hour, ...sums }) => [
          ...[name(key), hour.slice(0, 16)],
          ...[whole(sums.requests), sums.meanRequests.toFixed(1)],
          ...[dollars(sums.microUsd), dollars(sums.meanMicroUsd)],
        ]),
        [2, 3, 4, 5],
      ),
    ),
    ...section(
      'Keys that were not used',
      table(
        ['KEY', 'USER', 'LAST USED'],
        keys.unusedKeys.map(({ key, user, lastUsedAt }) => [
          name(key),
          user,
          lastUsedAt ?? 'never',
        ]),
        [],
      ),
    ),
  ]
}

function renderUsers({ users, models, source }: NonNullable<AuditReport['users']>): string[] {
  const from = source === 'usage' ? '' : ', by recorded requests'
  const usage = (rows: typeof users) =>
    table(
      ['NAME', 'REQUESTS', 'TOKENS', 'COST', ''],
      rows.map(({ name, requests, tokens, microUsd }) => [
        name,
        whole(requests),
        tokens === null ? '-' : whole(tokens),
        microUsd === null ? '-' : dollars(microUsd),
        bar(requests, Math.max(...rows.map((row) => row.requests))),
      ]),
      [1, 2, 3],
    )
  return [...section(`Users${from}`, usage(users)), ...section(`Models${from}`, usage(models))]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, '']
}

function chart(entries: readonly { readonly name: string; readonly count: number }[]): string[] {
  const shown = entries.slice(0, 10)
  const most = shown[0]?.count ?? 0
  const rows = shown.map(({ name, count }) => [`  ${name}`, whole(count), bar(count, most)])
  const left = entries.length - shown.length
  return [...formatTable(rows, { right: [1] }), ...(left > 0 ? [`  and ${left} more: --json`] : [])]
}

function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  if (rows.length === 0) return []
  return formatTable([heading, ...rows.slice(0, 20)], { right }).map((line) => `  ${line}`)
}

function dollars(microUsd: number): string {
  return `$${(microUsd / 1e6).toFixed(4)}`
}

function whole(value: number): string {
  return value.toLocaleString('en-US')
}
